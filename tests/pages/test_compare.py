"""The page Compare: any two networks, what differs between them and why, whatever a link says."""

import csv
import io
import re
from types import SimpleNamespace

import pytest
import torch

from explorer.architecture import PRESETS, blueprint
from explorer.experiments.race import Timed
from explorer.experiments.saliency import grad_cam
from explorer.experiments.samples import samples
from explorer.ui import settings
from explorer.ui.compare import timed
from explorer.ui.compare.sides import nearest
from explorer.ui.inference import cache
from explorer.ui.inference.scene import _scene, embedded
from explorer.ui.inference.upload import of_sample
from tests.pages.test_nonsense_in_links import NONSENSE
from tests.pages.written import drawings, words


def figure(app, name, protocol=""):
    """A row of the figures side by side: left, right and difference."""
    table = app.dataframe[2].value.set_index(["figure", "protocol"])
    return list(table.loc[(name, protocol)])


def button(app, key):
    if key not in {found.key for found in app.button}:
        # Pairs are drawn where one has opened them.
        app.session_state["compare_pairs"] = True
        app.run()
    return next(found for found in app.button if found.key == key)


def test_v1_in_sentences_drawing_and_tables(open_app):
    app = open_app("compare", net="resnet50", **{"with": "resnet50_v1"})
    assert not app.exception
    text = words(app)
    assert "ResNet-50 v1 has as many parameters as ResNet-50**: 25,557,032." in text
    assert "**231,211,008 MACs fewer** (−5.7\N{NO-BREAK SPACE}%)" in text
    assert "In 3 blocks the stride sits on another layer" in text
    assert "**Stride of a bottleneck on**: 3×3 on the left, 1×1 on the right." in text
    shown = drawings(app)["resnet50_resnet50_v1"]
    assert shown["selected"] is None
    assert shown["svg"].count("stride</text>") == 3
    assert {"conv3_1_left", "conv3_1_right"} <= set(drawings(app))
    pair, whole = (frame.value for frame in app.dataframe[:2])
    assert pair["macs"].sum() == -77_070_336
    assert whole["macs"].iloc[-1] == whole["macs"].iloc[:-1].sum() == -231_211_008


@pytest.mark.parametrize("measure", ["params", "macs", "activations"])
@pytest.mark.parametrize("rows", ["blocks", "ops"])
def test_rows_sum_to_the_totals(open_app, rows, measure):
    query = {"with": "resnet152", "compare_rows": rows, "compare_measure": measure}
    app = open_app("compare", net="resnet18", **query)
    table = app.dataframe[1].value
    totals = [
        getattr(blueprint(PRESETS[name].spec, 224), measure) for name in ("resnet18", "resnet152")
    ]
    for column, total in zip((f"{measure}_left", f"{measure}_right"), totals, strict=True):
        assert table[column].iloc[:-1].sum() == table[column].iloc[-1] == total
    assert table[measure].iloc[-1] == totals[1] - totals[0]


def test_a_link_opens_a_block_that_only_one_has(open_app):
    query = {"with": "resnet152", "compare_block": "right-layer3.7", "compare_unfold": "layer2"}
    app = open_app("compare", net="resnet18", **query)
    assert not app.exception
    shown = drawings(app)["resnet18_resnet152"]
    assert shown["selected"] == "right-layer3.2"
    assert 'data-path="right-layer2.7"' in shown["svg"]
    assert "ResNet-18 has no block that stands beside conv4_8" in words(app)
    assert any("conv4_8" in box.value for box in app.header)


def test_without_a_choice_it_is_the_nearest(open_app):
    app = open_app("compare", net="resnet50", stride_on="1x1")
    assert app.title[0].value.replace("**", "") == "ResNet-50, customised and ResNet-50 v1"
    assert "Both are the same network" in words(app)
    app = open_app("compare", net="resnet18", groups="1", num_classes="10")
    assert app.title[0].value.replace("**", "") == "ResNet-18, customised and ResNet-18"
    assert nearest(PRESETS["resnet34"].spec, "resnet34") == "resnet18"


def test_an_unknown_network_in_a_link_is_named(open_app):
    app = open_app("compare", net="resnet50", **{"with": "vgg16"})
    (said,) = [box.value for box in app.warning]
    assert said.startswith("with=`'vgg16'` in the link is unknown and was left out")
    assert app.title[0].value.replace("**", "").split(" and ")[1] in said
    for value in ("", "resnet18"):
        assert not open_app("compare", net="resnet50", **{"with": value}).warning


def test_a_pair_is_one_click(open_app):
    app = open_app("compare", net="resnet101", num_classes="10", compare_block="layer1.1")
    button(app, "compare_plain34_resnet34").click().run()
    assert not app.exception
    assert app.title[0].value.replace("**", "") == "Plain-34 and ResNet-34"
    assert (app.query_params["net"], app.query_params["with"]) == ("plain34", "resnet34")
    assert "compare_block" not in app.query_params


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("resnet18", "resnet34"),
        ("resnet34", "resnet50"),
        ("resnet50", "resnet50_v1"),
        ("plain34", "resnet34"),
        ("resnet50", "resnext50_32x4d"),
        ("resnet50", "resnet50d"),
        ("resnet50", "seresnet50"),
        ("resnet18", "d2l_resnet18"),
        ("preact_resnet50", "resnet50_v1"),
    ],
)
def test_every_pair_that_is_often_compared(open_app, left, right):
    app = open_app("compare", net="resnet101")
    one = button(app, f"compare_{left}_{right}")
    titles = [PRESETS[name].title for name in (left, right)]
    assert all(title in one.label for title in titles)
    one.click().run()
    assert not app.exception
    assert app.title[0].value.replace("**", "") == " and ".join(titles)
    assert (app.query_params.get("net", "resnet18"), app.query_params["with"]) == (left, right)
    assert f"{left}_{right}" in drawings(app)
    assert "What changes" in words(app) or "The whole difference" in words(app)


def test_what_two_code_bases_stand_for_is_told(open_app):
    app = open_app("compare")
    assert button(app, "compare_resnet18_d2l_resnet18").label.startswith("torchvision and d2l: ")
    said = button(app, "compare_preact_resnet50_resnet50_v1").label
    assert said.startswith("MXNet's order and the original: ")


CHANGED = {
    "net": "resnet50",
    "stride_on": "1x1",
    "depths": "3, 4, 6, 4",
    "image_size": "256x128",
}


def test_sides_are_swapped_with_all_that_is_chosen_and_back(open_app):
    app = open_app(
        "compare",
        **{"with": "seresnet50", "compare_block": "layer4.3", "compare_measure": "params"},
        **CHANGED,
    )
    before = dict(app.query_params)
    assert figure(app, "Parameters")[:2] == ["30,019,624", "28,088,024"]
    button(app, "compare_swap").click().run()
    assert not app.exception
    assert app.title[0].value.replace("**", "") == "SE-ResNet-50 and ResNet-50, customised"
    assert (app.query_params["net"], app.query_params["with"]) == ("seresnet50", "resnet50")
    assert app.query_params["compare_changes"] == "depths:3, 4, 6, 4; stride_on:1x1"
    assert app.query_params["compare_block"] == "right-layer4.3"
    assert app.query_params["image_size"] == "256x128"
    assert "stride_on" not in app.query_params and "depths" not in app.query_params
    assert figure(app, "Parameters")[:2] == ["28,088,024", "30,019,624"]
    assert app.dataframe[1].value["params"].iloc[-1] == 30_019_624 - 28_088_024
    assert "On the right, ResNet-50 with Blocks per stage: 3, 4, 6, 4 and Stride" in words(app)
    # The link alone opens the same.
    again = open_app("compare", **app.query_params)
    assert figure(again, "Parameters") == figure(app, "Parameters")
    assert figure(again, "MACs") == figure(app, "MACs")
    button(app, "compare_swap").click().run()
    assert dict(app.query_params) == before


def test_sizes_are_swapped_where_each_has_its_own(open_app):
    app = open_app("compare", net="resnet20", image_size="64", **{"with": "resnet18"})
    assert figure(app, "Image, px")[:2] == ["64", "224"]
    button(app, "compare_swap").click().run()
    assert figure(app, "Image, px")[:2] == ["224", "64"]
    assert app.query_params["compare_changes"] == "image_size:64"
    assert "compare_as_named" not in [found.key for found in app.button]


def test_a_network_of_ones_own_is_swapped_as_such(open_app):
    app = open_app("compare", net="custom", block="bottleneck", **{"with": "resnet34"})
    button(app, "compare_swap").click().run()
    assert not app.exception and not app.warning
    assert (app.query_params["net"], app.query_params["with"]) == ("resnet34", "custom")
    title = app.title[0].value.replace("**", "")
    assert title == "ResNet-34 and Custom network, customised"


def test_what_is_changed_on_the_right_is_taken_back(open_app):
    link = {"with": "resnet50", "compare_changes": "se_ratio:16"}
    app = open_app("compare", net="resnet50", **link)
    assert app.title[0].value.replace("**", "") == "ResNet-50 and ResNet-50, customised"
    assert figure(app, "Parameters")[1] == "28,088,024"
    button(app, "compare_as_named").click().run()
    assert "compare_changes" not in app.query_params
    assert figure(app, "Parameters")[1] == "25,557,032"


def test_what_one_changes_next_is_compared_with_how_it_was(open_app):
    app = open_app("compare", net="resnet50", se_ratio="4", **{"with": "resnet18"})
    button(app, "compare_keep").click().run()
    assert "Both are the same network" in words(app)
    link = dict(app.query_params) | {"se_ratio": "16"}
    app = open_app("compare", **link)
    title = app.title[0].value.replace("**", "")
    assert title == "ResNet-50, customised (left) and ResNet-50, customised (right)"
    assert "**Squeeze-and-excitation, ratio**: 16 on the left, 4 on the right." in words(app)


@pytest.mark.parametrize(
    ("changes", "left_out"),
    [
        ("dilation:2", "dilation:2"),
        ("stride_on:5x5; se_ratio:4", "stride_on:5x5"),
        ("output_stride:2; se_ratio:4", "output_stride:2"),
        ("depths:0; se_ratio:4", "depths:0"),
        ("image_size:7; se_ratio:4", "image_size:7"),
        ("<b>; se_ratio:4", "<b>"),
    ],
)
def test_changes_in_a_link_that_cannot_be_are_named_and_left_out(open_app, changes, left_out):
    app = open_app("compare", net="resnet18", **{"with": "resnet50", "compare_changes": changes})
    assert not app.exception
    (said,) = [box.value for box in app.warning]
    assert repr(left_out) in said and "left out" in said
    assert app.title[0].value.endswith("customised") == ("se_ratio" in changes)


def test_yours_and_the_nearest_is_one_click(open_app):
    app = open_app("compare", net="resnet50", stride_on="1x1", **{"with": "resnet18"})
    assert app.title[0].value.replace("**", "") == "ResNet-50, customised and ResNet-18"
    button(app, "compare_nearest").click().run()
    assert not app.exception
    assert app.title[0].value.replace("**", "") == "ResNet-50, customised and ResNet-50 v1"
    assert "with" not in app.query_params


@pytest.mark.parametrize(
    ("right", "said"),
    [
        ("resnet50d", "takes the mean of 2×2 pixels"),
        ("seresnet50", "16 blocks only SE-ResNet-50 weighs its channels"),
        ("resnet50_gn", "17 parts the normalisation is another one"),
        ("resnet50_os16", "3 blocks one network dilates its 3×3 convolutions"),
    ],
)
def test_what_follows_from_newer_choices(open_app, right, said):
    app = open_app("compare", net="resnet50", **{"with": right})
    assert not app.exception
    assert said in words(app)
    assert "None" not in words(app)


@pytest.mark.parametrize(
    "page",
    [
        *("", "lesson", "shape_trace", "shortcuts", "parameters"),
        *("inference", "block_lab", "batch_norm"),
    ],
)
def test_a_link_leads_here_from_wherever_a_network_is_shown(open_app, page):
    view = {"block_lab": {"unit_view": "code"}, "batch_norm": {"bn_section": "layer"}}
    app = open_app(page, net="resnet20", **view.get(page, {}))
    links = [link.proto for link in app.get("page_link")]
    (link,) = [link for link in links if link.label == "Compare ResNet-20 with …"]
    assert link.page.endswith("compare")
    assert "net=resnet20" in link.query_string


@pytest.mark.parametrize(
    ("view", "layers"),
    [
        ({}, "34"),
        ({"why_part": "initialisation", "why_depth": "110"}, "110"),
        ({"why_part": "photographs"}, "56"),
    ],
)
def test_why_residual_leads_here_with_a_plain_network_and_its_twin(open_app, view, layers):
    links = [link.proto for link in open_app("why_residual", **view).get("page_link")]
    (link,) = [
        link for link in links if link.label == f"Compare Plain-{layers} and ResNet-{layers}"
    ]
    assert link.page.endswith("compare")
    assert link.query_string == f"net=plain{layers}&with=resnet{layers}"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("resnet1202", "preact_resnet1001"),
        ("resnet20", "wide_resnet101_2"),
        ("d2l_resnet18", "plain110"),
        ("preact_resnet200", "resnext101_64x4d"),
    ],
)
def test_any_two_networks(open_app, left, right):
    app = open_app("compare", net=left, **{"with": right})
    assert not app.exception
    assert f"{left}_{right}" in drawings(app)


def test_each_reads_its_usual_image_unless_both_can_read_the_chosen_one(open_app):
    app = open_app("compare", net="resnet18", image_size="320", **{"with": "resnet34"})
    assert "as each is usually shown" not in words(app)
    assert figure(app, "Image, px") == ["320", "320", "0"]
    app = open_app("compare", net="resnet20", **{"with": "resnet18"})
    assert "as each is usually shown" in words(app)
    assert figure(app, "Image, px")[:2] == ["32", "224"]


def test_figures_of_one_protocol_are_beside_each_other(open_app):
    app = open_app("compare", net="resnet18", **{"with": "resnet34"})
    by = "torchvision V1 weights, 1 crop of 224 px"
    percent = "\N{NO-BREAK SPACE}%"
    found = figure(app, "Top-1 accuracy", by)
    assert found == [f"69.758{percent}", f"73.314{percent}", "+3.56 points"]
    assert figure(app, "Top-1 error", "Paper, 10 crops")[0] == ""


def test_both_are_timed_by_turns(open_app):
    app = open_app("compare", net="resnet20", **{"with": "plain20"})
    assert "Medians of" not in words(app)
    button(app, "compare_time").click().run()
    assert not app.exception
    table = app.dataframe[-1].value
    assert list(table["network"]) == ["ResNet-20", "Plain-20"]
    for row in table.itertuples():
        low, high = map(float, row.middle.split(" – "))
        assert 0 < low <= float(row.median) <= high
    assert "at 1.00 times the MACs" in words(app) or "1.00 times the MACs" in words(app)
    assert "Medians of" in words(app)
    # Of other networks nothing was measured yet.
    app = open_app("compare", net="resnet20", **{"with": "resnet32"})
    assert "Medians of" not in words(app)


@pytest.mark.parametrize(
    ("right", "says"),
    [
        ((0.06, 0.07, 0.08), "**ResNet-50 takes 2.33 times as long as ResNet-18**: 70 ms instead"),
        ((0.02, 0.03, 0.08), "**No difference that stands out**: 30 ms for an image through Res"),
    ],
)
def test_times_are_told_with_their_ratio_and_that_of_the_macs(open_app, monkeypatch, right, says):
    found = Timed((0.02, 0.03, 0.04)), Timed(right)
    monkeypatch.setattr(timed, "_measured", lambda *_: found)
    app = open_app("compare", net="resnet18", **{"with": "resnet50"})
    button(app, "compare_time").click().run()
    assert not app.exception
    assert says in words(app)
    # 4,089,184,256 of ResNet-50 and 1,814,073,344 of ResNet-18.
    assert "2.25 times the MACs" in words(app)
    first = app.dataframe[-1].value.iloc[0]
    assert (first["middle"], first["rate"]) == ("25.00 – 35.00", "60.5"), "ms; 1.814 / 0.03 GMAC/s"


def test_what_is_too_large_is_not_timed(open_app, monkeypatch):
    monkeypatch.setenv(settings.MACS, "5")
    app = open_app("compare", net="resnet50", **{"with": "resnet152"})
    assert not app.exception
    assert not any(found.key == "compare_time" for found in app.button)
    assert settings.MACS in words(app)
    assert figure(app, "Parameters")[0] == "25,557,032"


PICTURE = {"compare_picture": "true"}


def test_the_same_picture_through_both(open_app):
    # They take it for two classes, and what both looked at for the left one's is shown.
    pair = {"with": "plain20", "infer_sample": "coffee"}
    app = open_app("compare", net="resnet20", **pair, **PICTURE)
    assert not app.exception
    text = words(app)
    assert "they do not agree" in text
    # Each peak as it is written, computed a second time.
    peaks = re.findall(r"layer3\.2: peak ([0-9.e+-]+)", text)
    sample = of_sample(samples()["coffee"])
    scenes = [embedded_scene(name, sample) for name in ("resnet20", "plain20")]
    target = cache.prediction(scenes[0]).best.index
    for peak, scene in zip(peaks, scenes, strict=True):
        cams = grad_cam(scene.network, scene.prepared.tensor, target, ["layer3.2"])
        assert float(peak) == pytest.approx(float(cams["layer3.2"].max()), rel=0.01)
    app = open_app("compare", net="resnet20", compare_stage="layer1", **pair, **PICTURE)
    assert "layer1.2: mean of its channels, 32×32" in words(app)


def embedded_scene(name, sample):
    loaded = embedded(name, "cpu")
    bp = blueprint(PRESETS[name].spec, 32)
    return _scene(loaded, sample.key, sample.picture, loaded.setup.recipe.at(32), bp, name)


def test_images_that_are_not_square_in_chinese(open_app):
    query = {"image_size": "256x128", "lang": "zh", "with": "seresnet50"}
    app = open_app("compare", net="resnet50", **query)
    assert not app.exception
    assert app.title[0].value.replace("**", "") == "ResNet-50与SE-ResNet-50"
    table = app.dataframe[2].value.set_index("figure")
    assert table.loc["MACs"].iloc[0] == "2,671,198,208"


def test_without_weights_it_says_so_and_offers_pairs_that_have_them(open_app):
    app = open_app("compare", net="resnet20", **{"with": "resnet110"}, **PICTURE)
    assert "no trained weights here of ResNet-110." in words(app)
    button(app, "compare_on_board_plain20_resnet20").click().run()
    assert not app.exception
    assert (app.query_params["net"], app.query_params["with"]) == ("plain20", "resnet20")
    assert "peak" in words(app)


KEYS = (
    *("with", "compare_block", "compare_unfold", "compare_measure", "compare_rows"),
    *("compare_picture", "compare_stage", "compare_changes"),
)


@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: repr(value)[:12])
def test_nonsense_gives_the_defaults(open_app, value):
    app = open_app("compare", net="resnet20", **dict.fromkeys(KEYS, value))
    assert not app.exception
    assert app.title[0].value.replace("**", "") == "ResNet-20 and ResNet-32"
    assert list(app.dataframe[1].value.columns)[-1] == "macs"


def test_every_control_is_tried(open_app):
    app = open_app("compare", net="resnet20")
    kinds = ("selectbox", "multiselect", "button_group", "text_input", "toggle", "radio")
    found = {w.key for kind in kinds for w in app.main.get(kind) if getattr(w, "key", None)}
    assert found <= set(KEYS)


def test_the_drawings_words_count_each_pair_once(open_app):
    app = open_app("compare", net="resnet50", **{"with": "resnet101"})
    said = drawings(app)["resnet50_resnet101"]["label"]
    counted = re.search(r"(\d+) equal, (\d+) different, (\d+) without", said).groups()
    # Of 23 blocks of conv4_x six stand beside one; the rest is the same, stem and head included.
    assert tuple(map(int, counted)) == (2 + 3 + 4 + 6 + 3, 0, 23 - 6)


def test_a_cell_of_table_1_opens_its_block(monkeypatch):
    from explorer.ui.compare import configurations

    led = []
    monkeypatch.setattr(configurations, "drawing", lambda *_, **__: "resnet101_v1 layer3.0")
    monkeypatch.setattr(configurations, "lead_to", lambda *to: led.append(to))
    choice = SimpleNamespace(spec=PRESETS["resnet18"].spec)
    configurations._show(choice)
    ((page, state, _),) = led
    assert (page, state) == ("shortcuts", {"net": "resnet101_v1", "shortcuts_block": "layer3.0"})


def test_the_files_are_every_op_and_every_block(open_app, monkeypatch):
    saved = {}
    monkeypatch.setattr("explorer.ui.saving.save", saved.update)
    app = open_app("compare", net="resnet18", **{"with": "resnet34"})
    assert not app.exception
    ops = list(csv.DictReader(io.StringIO(saved["resnet18_resnet34.csv"]())))
    every = {op.path for op in blueprint(PRESETS["resnet34"].spec, 224).ops}
    right = {row["right" if "right" in row else list(row)[1]].split(" ")[0] for row in ops}
    assert {path.rstrip(":,") for path in right} >= every
    assert saved["resnet18_resnet34.md"]().count("\n") < len(ops)


def test_both_maps_of_evidence_have_the_larger_ones_scale(monkeypatch):
    from explorer.ui.inference import two_networks

    drawn = []
    monkeypatch.setattr("explorer.views.rasters.heat_over", lambda _, values: drawn.append(values))
    monkeypatch.setattr(two_networks, "picture", lambda *_: None)
    maps = [torch.tensor([[1.0, 0.5]]), torch.tensor([[4.0, 2.0]])]
    both = (SimpleNamespace(title="A"), SimpleNamespace(title="B"))
    two_networks._cams(both, ["layer1.0"] * 2, maps, ["photograph"] * 2, ["cat"])
    assert [values.tolist() for values in drawn] == [[[0.25, 0.125]], [[1.0, 0.5]]]
