"""The page on batch norm: every section, under several networks and hostile input."""

import json
import math
import re
from functools import partial

import pytest

from explorer.architecture import PRESETS, blueprint
from explorer.experiments.batch_norm.claims import sigmoid_inputs
from explorer.experiments.batch_norm.network import Folded
from explorer.experiments.byte_cache import ByteCache
from explorer.experiments.samples import samples
from explorer.ui import budget, gate
from explorer.ui.batch_norm import cached
from tests.pages.written import words

SECTIONS = ("steps", "layer", "modes", "depth", "claims", "speed")
NO_NORM = {"net": "resnet20", "batch_norm": "no"}
NETWORKS = {
    "resnet20": {"net": "resnet20"},
    "without batch norm": NO_NORM,
    "plain": {"net": "plain20"},
    "pre-activation": {"net": "preact_resnet110"},
    "resnet50": {"net": "resnet50", "image_size": "64"},
    "four channels, odd size": {"net": "resnet18", "image_size": "33", "in_channels": "4"},
    "grouped": {"net": "resnext50_32x4d", "image_size": "64"},
}


@pytest.fixture
def open_section(open_app):
    def open_section(section, **query):
        app = open_app("batch_norm", bn_section=section, **query)
        assert not app.exception, [box.message for box in app.exception]
        return app

    return open_section


def control(app, key):
    every = (*app.slider, *app.select_slider, *app.text_input, *app.number_input, *app.selectbox)
    return next(found for found in every if found.key == key)


def formulas(app):
    return [box.value.strip("$\n ") for box in app.latex]


@pytest.mark.parametrize("section", [s for s in SECTIONS if s != "depth"])
@pytest.mark.parametrize("network", NETWORKS)
def test_every_section_of_every_network(open_section, section, network):
    app = open_section(section, **NETWORKS[network])
    assert not app.error
    assert re.search(r"\d", words(app))


def test_only_the_open_section_runs(open_section):
    app = open_section("claims", net="resnet20")
    assert not formulas(app)
    assert "With γ = √(σ² + ε)" not in words(app)
    assert "Kurtosis" in words(app)


@pytest.mark.parametrize("section", ["layer", "modes", "claims", "depth"])
def test_what_is_too_much_for_the_server_is_refused_in_a_sentence(
    open_section, section, monkeypatch
):
    """A link could make it run a network for minutes; nothing of this size was run before."""
    monkeypatch.setattr(gate, "most_macs", lambda: 10**4)
    monkeypatch.setattr(budget, "store", lambda: ByteCache(2**30))
    app = open_section(section, net="plain20", image_size="41")
    assert any("billion multiply-accumulates" in box.value for box in app.warning)
    assert not app.get("skeleton")


class TestFourSteps:
    def test_by_hand(self, open_section):
        app = open_section("steps")
        assert formulas(app)[0] == r"\small \mu = \frac{2 + 4 + 4 + \dots + 9}{8} = 5"
        table = app.table[0].value
        assert list(table["x̂"])[:8] == pytest.approx([-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2], abs=1e-5)
        assert list(table["torch"]) == pytest.approx(list(table["y"]), abs=1e-12)
        assert "× 10⁻¹⁶ in float64" in words(app) or "0 in float64" in words(app)

    def test_sliders_reach_the_table(self, open_section):
        app = open_section("steps")
        control(app, "bn_gamma").set_value(2.0)
        control(app, "bn_beta").set_value(-1.0)
        control(app, "bn_row").set_value(8).run()
        table = app.table[0].value
        assert list(table["y"])[:8] == pytest.approx([-4, -2, -2, -2, -1, -1, 1, 3], abs=1e-4)
        assert "y_{8}" in formulas(app)[3]

    def test_a_link_restores_everything(self, open_section):
        query = {"bn_values": "1, 2, 4", "bn_gamma": "2.0", "bn_eps": "0.1", "bn_row": "2"}
        app = open_section("steps", **query)
        assert app.table[0].value.shape[0] == 3 + 2
        assert r"\hat{x}_{2}" in formulas(app)[2]
        assert "0.1" in formulas(app)[2]
        assert control(app, "bn_gamma").value == 2.0

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("", "empty"),
            ("1, two, 3", "`'two'` is not a number"),
            ("1, inf", "`'inf'` is not finite"),
            ("1, nan", "not finite"),
            ("1e9", "too large"),
            (" ".join(map(str, range(40))), "has 40 values; at most 16"),
            ("![x](http://example.org/a.png)", "`'![x](http://example.org/a.png)'` is not"),
        ],
    )
    def test_bad_input_is_named_and_the_last_good_batch_stays(self, open_section, typed, said):
        app = open_section("steps", bn_values="1, 2, 4")
        control(app, "bn_values").set_value(typed).run()
        assert not app.exception
        assert len(app.error) == 1
        assert said in app.error[0].value
        assert list(app.table[0].value["x"])[:3] == [1, 2, 4]

    def test_bad_input_on_the_first_visit(self, open_section):
        app = open_section("steps", bn_values="abc", bn_size="99", bn_eps="2", bn_gamma="x")
        assert len(app.error) == 1
        assert list(app.table[0].value["x"])[:2] == [2, 4]

    def test_equal_values_without_epsilon(self, open_section):
        app = open_section("steps", bn_values="3, 3, 3")
        control(app, "bn_eps").set_value("0").run()
        assert "divide 0 by 0" in app.error[0].value
        assert not app.exception

    def test_one_value(self, open_section):
        app = open_section("steps", bn_size="1")
        assert "Expected more than 1 value per channel" in app.warning[0].value
        assert app.table[0].value["x̂"].iloc[0] == 0

    def test_fewer_values_than_the_batch_size(self, open_section):
        app = open_section("steps", bn_values="1, 2, 4, 8", bn_size="16", bn_row="16")
        assert "4 typed; the batch is the first 4." in words(app)
        assert "y_{4}" in formulas(app)[3]


class TestRealLayer:
    def test_counts_of_a_layer(self, open_section):
        query = {
            "net": "resnet50",
            "image_size": "64",
            "bn_layer": "layer2.0.bn2",
            "bn_channel": "5",
        }
        app = open_section("layer", **query)
        assert (
            "**layer2.0.bn2** reads 8 images of 8 × 8 positions in each of 128 channels"
            in words(app)
        )
        assert "8 × 8 × 8 = **512 values**" in words(app)
        assert "256 parameters" in words(app)
        assert app.dataframe[0].value.shape[0] == 128
        assert list(app.table[0].value["means"])[:3] == [128, 8, 1024]

    def test_without_batch_norm(self, open_section):
        app = open_section("layer", **NO_NORM)
        assert "has no batch norm" in app.info[0].value

    def test_a_channel_beyond_the_last(self, open_section):
        app = open_section("layer", net="resnet20", bn_channel="99")
        assert "16 channels, numbered from 0: channel 15 is shown" in app.warning[0].value

    @pytest.mark.parametrize("layer", ["layer9.0.bn1", "conv1", "![x](http://example.org)"])
    def test_an_unknown_layer_falls_back(self, open_section, layer):
        app = open_section("layer", net="resnet20", bn_layer=layer)
        assert "**bn1** reads" in words(app)

    def test_another_network_without_this_layer(self, open_section):
        app = open_section("layer", net="resnet50", image_size="64", bn_layer="layer3.5.bn3")
        control(app, "net").set_value("ResNet-18").run()
        assert not app.exception
        assert "**bn1** reads" in words(app)

    def test_own_gamma_and_beta(self, open_section):
        app = open_section("layer", net="plain20", bn_layer_gamma="2.5", bn_layer_beta="-1.0")
        assert "γ = 2.5, β = −1" in words(app)

    def test_trained_weights_are_the_start_where_the_app_has_them(self, open_section):
        assert "trained on CIFAR-10" in words(open_section("layer", net="resnet20"))
        untrained = open_section("layer", net="resnet20", bn_weights="untrained")
        assert "not trained yet" in words(untrained)
        assert "γ = 1, β = 0" in words(untrained)


class TestOwnPictures:
    @pytest.fixture
    def upload(self, open_section):
        def upload(*names, **query):
            app = open_section("layer", bn_from="yours", **query)
            for name in names:
                data = samples()[name].data if name in samples() else b"no picture"
                app.file_uploader[0].upload(f"{name}.jpg", data, "image/jpeg")
            app.run()
            assert not app.exception, [box.message for box in app.exception]
            return app

        return upload

    def test_samples_until_there_is_one(self, upload):
        app = upload(net="resnet20")
        assert "Until you upload a picture" in app.info[0].value
        assert "reads 8 images" in words(app)

    def test_they_are_the_batch(self, upload):
        app = upload("cat", "coffee", net="resnet20")
        assert "**bn1** reads 2 images" in words(app)
        assert "The images are your pictures" in words(app)

    def test_a_broken_file_is_left_out(self, upload):
        app = upload("cat", "broken", net="resnet20")
        assert "`'broken.jpg'` is not a picture" in app.error[0].value
        assert "**bn1** reads 1 image of 32 × 32 positions" in words(app)

    def test_one_picture_can_be_too_few(self, upload):
        app = upload("cat", net="resnet18", image_size="32", bn_layer="layer4.1.bn2")
        assert "add a second picture" in app.warning[0].value


class TestModes:
    def test_what_pytorch_stores(self, open_section):
        app = open_section("modes", net="plain20")
        assert "| **PyTorch stores** | | **1.1333** |" in words(app)
        assert "| biased, /m | 1.5556 | 1.0556 |" in words(app)
        assert "momentum = 0.9 there" in words(app)
        assert "Expected more than 1 value per channel" in words(app)

    def test_momentum_moves_everything(self, open_section):
        app = open_section("modes", net="plain20", bn_momentum="1.0", bn_batch="2")
        assert "momentum = 0 there" in words(app)
        assert "| **PyTorch stores** | | **2.3333** |" in words(app)

    @pytest.mark.parametrize("momentum", [0.03, 0.05])
    def test_what_is_left_of_the_start(self, open_section, momentum):
        said = words(open_section("modes", net="plain20", bn_momentum=str(momentum)))
        batches, left = re.search(r"After (\d+) of them .* a weight of (0\.\d+)\.", said).groups()
        assert float(left) == pytest.approx((1 - momentum) ** int(batches), abs=5e-5)

    def test_the_batch_matters_in_train_mode_only(self, open_section):
        said = words(open_section("modes", net="resnet20"))
        assert "each time with 3 other pictures" in said, "in batches of four"
        found = re.search(r"\*\*(\S+) in train mode, (\S+)", said)
        assert float(found[1]) > 0.1
        assert found[2] == "0" or "10⁻" in found[0] or float(found[2]) < 1e-3

    def test_a_mistake_is_told_beside_what_is_right(self, open_section):
        app = open_section("modes", net="resnet20", bn_forget="true")
        chart = next(c for c in app.get("plotly_chart") if "bn_remembers" in c.proto.id)
        right, shown = (line["y"] for line in json.loads(chart.proto.spec)["data"])
        right, shown = (sum(values) / len(values) for values in (right, shown))
        assert right < shown, "an unnormalised picture is farther from what was learnt"
        assert f"{shown:.2f} stored deviations instead of {right:.2f}" in words(app)

    def test_without_batch_norm(self, open_section):
        app = open_section("modes", **NO_NORM)
        assert "do not depend on its batch in either mode" in app.info[0].value


class TestClaims:
    def test_figures_of_the_ledger(self, open_section):
        found = words(open_section("claims", net="resnet20"))
        assert "**1.40719509**, measured in torch: 1.40719509" in found
        assert "| variance | mean | 7.7" in found
        assert "19 of 19 batch norms follow a convolution" in found
        assert "moved from 0 to **0.3**" in found

    def test_how_many_fold_and_how_near_each_way_comes(self, open_section, monkeypatch):
        found = Folded("conv1", "bn1", difference=0.25, difference_torch=0.5, largest=8.0)
        monkeypatch.setattr(cached, "folded", lambda *_: found)
        said = words(open_section("claims", net="preact_resnet110"))
        # He et al. 2016: three stages of 18 blocks with two norms each, and one behind the last;
        # the second of each block follows its first convolution, and so does the stem's.
        count, total = map(int, re.search(r"(\d+) of (\d+) batch norms follow", said).groups())
        bp = blueprint(PRESETS["preact_resnet110"].spec, 32)
        norms = [op for op in bp.ops if op.kind == "batch_norm"]
        kinds = {op.path: op.kind for op in bp.ops}
        assert total == len(norms)
        assert count == sum(kinds.get(op.inputs[0]) == "conv" for op in norms) < total
        assert "largest difference **0.25**, of outputs up to 8.0" in said
        assert "fuse_conv_bn_eval`: 0.50." in said

    def test_sliders(self, open_section):
        app = open_section("claims", net="plain20", bn_factor="-1", bn_spread="1")
        assert "**−1**, measured in torch: −1" in words(app)
        control(app, "bn_sigmoid_mean").set_value(0.0).run()
        slope = sigmoid_inputs(0.0, 2.0).slope_before
        assert f"it is {slope:.4f} before" in words(app)

    def test_without_batch_norm(self, open_section):
        app = open_section("claims", **NO_NORM)
        assert ["nothing to try here" in box.value for box in app.info] == [True, True]
        assert "0 of 0" not in words(app)


class TestDepth:
    def test_depth_20_beside_its_reference(self, open_section):
        app = open_section("depth")
        table = next(box.value for box in app.markdown if "| plain, with BN |" in box.value)
        row = next(line for line in table.splitlines() if "| plain, with BN |" in line)
        _, _, here, reference, *_ = (cell.strip() for cell in row.split("|"))
        assert reference == "8.6"
        assert 3 < float(here) < 26
        said = next(
            box.value for box in app.markdown if "gradient of the plain network" in box.value
        )
        assert f"with batch norm is {here} times as large" in said
        row = next(line for line in table.splitlines() if "| residual, without BN |" in line)
        loss = row.split("|")[4].strip()
        assert f"its loss starts at {loss} instead of about 2.3," in said, "ln 10"


def test_faster_shows_the_paper_at_once_and_trains_when_asked(open_app, monkeypatch):
    from explorer.experiments.batch_norm import speed
    from explorer.ui.batch_norm.speed import _trained

    monkeypatch.setattr(speed, "speed", partial(speed.speed, steps=60))
    _trained.clear()
    app = open_app("batch_norm", bn_section="speed", bn_speed_act="relu")
    assert "14 times fewer steps" in words(app)
    assert "| rate 0.1 |" not in words(app)
    assert "Nothing is trained yet" in words(app)
    charts = app.get("plotly_chart")
    assert all("nothing is trained yet" in chart.proto.alt for chart in charts)
    lines = json.loads(charts[0].proto.spec)["data"]
    assert [(line["name"], line["y"]) for line in lines] == [
        (name, [None])
        for name in ("without batch norm", "with batch norm", "batch norm, then noise")
    ], "each is named, none has a point"
    app.button(key="bn_speed_train").click().run()
    assert not app.exception
    assert "| Steps to a loss of 0.5 | without batch norm | with batch norm |" in words(app)
    assert "\n| rate 10 | " in words(app)
    assert "Nothing is trained yet" not in words(app)
    last = _trained("relu").kinds["with"].losses[-1, speed.RATES.index(3.0)].item()
    told = app.get("plotly_chart")[0].proto.alt
    said = re.search(r"; with batch norm ([0-9.]+)", told)
    assert said and float(said[1]) == pytest.approx(last, rel=0.05), told
    assert "of 5 rates** arrive" in "".join(box.value for box in app.success)
    app.number_input(key="bn_speed_unit").set_value(99).run()
    assert not app.exception
    rate, kinds = speed.RATES.index(3.0), _trained("relu").kinds
    medians = json.loads(app.get("plotly_chart")[1].proto.spec)["data"][2::3]
    for line, kind in zip(medians, ("without", "with", "noisy"), strict=True):
        drawn = [math.nan if value is None else value for value in line["y"]]  # it diverged
        assert drawn == pytest.approx(kinds[kind].inputs[:, 1, rate, 99].tolist(), nan_ok=True)
    medians = kinds["with"].inputs[:, 1, rate]
    moved = (medians - medians[0]).abs().amax(0).mean().item()
    told = re.search(r"without batch norm, (\S+) with it and .* ends \S+, (\S+) and", words(app))
    assert float(told[1]) == pytest.approx(moved, abs=0.006)
    assert float(told[2]) == pytest.approx(kinds["with"].widened(rate), abs=0.006)
    _trained.clear()


@pytest.mark.parametrize("state", [{"bn_speed_unit": "100"}, {"bn_speed_rate": "2"}])
def test_nonsense_for_faster_opens_its_default(open_app, state):
    app = open_app("batch_norm", bn_section="speed", bn_speed_act="tanh", **state)
    assert not app.exception
    assert app.button(key="bn_speed_train")
