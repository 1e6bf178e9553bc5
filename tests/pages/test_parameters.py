"""The page Parameters: right for every kind of network, for extreme sliders and for bad links."""

import json

import pytest

from explorer.architecture import PRESETS, blueprint
from explorer.architecture.comparison import compare
from explorer.architecture.costs import MEASURES, by_kind
from explorer.experiments.byte_cache import ByteCache
from explorer.ui import budget
from explorer.ui.parameters.bottleneck import CHANNELS, REDUCTIONS
from explorer.words import count, label
from tests.pages.written import words

NETWORKS = [
    "resnet18", "resnet50", "resnet1202", "plain20", "preact_resnet164", "resnext50_32x4d",
]  # fmt: skip
THIS, ALL = "network", "presets"


def widget(app, key: str):
    kinds = (*app.select_slider, *app.toggle, *app.selectbox, *app.segmented_control)
    return next(widget for widget in kinds if widget.key == key)


def pictures(app) -> list[str]:
    data = [json.loads(c.proto.json) for c in app.get("bidi_component") if c.proto.json]
    return [each["svg"] for each in data if "svg" in each]


def charts(app) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def table(app, column: str):
    return next(frame.value for frame in app.dataframe if column in frame.value)


def size(name: str) -> int:
    return PRESETS[name].image_size


@pytest.mark.parametrize("name", NETWORKS)
def test_the_first_screen_has_the_argument_with_its_numbers(open_app, name) -> None:
    app = open_app("parameters", net=name)
    assert not app.exception and not app.error
    bp = blueprint(PRESETS[name].spec, size(name))
    assert f"**{bp.params:,}** parameters" in words(app)
    assert f"costs {bp.macs:,} MACs and writes {bp.activations:,} activations" in words(app)
    for title in ("Two 3×3 at 256", "Bottleneck at 256", "Two 3×3 at 64"):
        assert title in words(app), "He et al. 2015, figure 5"
    wide, bottleneck, narrow = pictures(app)
    assert ">1,179,648<" in wide and ">16.94<" in wide and "= 589,824" in wide
    assert ">69,632<" in bottleneck and "= 16,384" in bottleneck and "= 36,864" in bottleneck
    assert ">73,728<" in narrow and ">1.059<" in narrow


def test_counted_again_on_real_modules(open_app) -> None:
    text = words(open_app("parameters"))
    for params, macs in (
        ("1,179,648", "3,699,376,128"), ("69,632", "218,365,952"), ("73,728", "231,211,008"),
    ):  # fmt: skip
        assert f"Counted on real modules: {params} parameters, {macs} MACs, **equal**" in text
    assert "disagree" not in text


def test_a_wrong_formula_would_be_seen(open_app, monkeypatch) -> None:
    from explorer.networks import count

    # What visitors before have seen is none of this server's, nor the other way round.
    nothing = ByteCache(2**30)
    monkeypatch.setattr(budget, "store", lambda: nothing)
    monkeypatch.setattr(count, "count", lambda stack, size: (stack.params + 1, stack.macs(size)))
    text = words(open_app("parameters"))
    assert text.count("disagree") == 3 and "**equal**" not in text


def test_the_two_comparisons_are_told_apart(open_app) -> None:
    text = words(open_app("parameters"))
    assert "**Same channels, 16.94 times.**" in text
    assert "**Same cost, 1.059 times.**" in text
    assert "1,170,648" in text and "a 0 in place of the 9" in text
    assert "1.94 times as many" in text


@pytest.mark.parametrize("channels", [min(CHANNELS), max(CHANNELS)])
@pytest.mark.parametrize("reduction", [min(REDUCTIONS), max(REDUCTIONS)])
def test_sliders_at_their_ends(open_app, channels, reduction) -> None:
    app = open_app("parameters")
    widget(app, "params_channels").set_value(channels)
    widget(app, "params_reduction").set_value(reduction)
    widget(app, "params_bn").set_value(True)
    widget(app, "params_bias").set_value(True)
    widget(app, "params_size").set_value(112).run()
    assert not app.exception
    pair = compare(channels, reduction, bias=True, batch_norm=True)
    for stack, picture in zip(pair.stacks, pictures(app), strict=True):
        assert f">{stack.params:,}<" in picture
        assert f"{stack.macs(112):,} MACs at 112×112" in picture
        assert f"{stack.params:,} parameters, {stack.macs(112):,} MACs, **equal**" in words(app)


@pytest.mark.parametrize(
    "query",
    [
        {"params_channels": "257"},
        {"params_reduction": "0"},
        {"params_size": "abc"},
        {"params_bn": "perhaps"},
        {"params_view": "Nowhere"},
    ],
)
def test_values_that_are_not_offered_fall_back(open_app, query) -> None:
    app = open_app("parameters", **query)
    assert not app.exception
    assert ">69,632<" in pictures(app)[1]


def test_a_link_carries_the_controls(open_app) -> None:
    app = open_app("parameters", params_channels="1024", params_reduction="2", params_bn="true")
    assert f">{compare(1024, 2, batch_norm=True).bottleneck.params:,}<" in pictures(app)[1]


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("name", NETWORKS)
def test_this_network_adds_up(open_app, name, measure) -> None:
    app = open_app("parameters", net=name, params_view=THIS, params_of=measure)
    assert not app.exception
    kinds = table(app, "kind")
    split = dict(zip(kinds["kind"], kinds[measure], strict=True))
    total = split.pop("total")
    parts = by_kind(blueprint(PRESETS[name].spec, size(name)), measure)
    assert split == {label(f"cost_kind.{kind}"): value for kind, value in parts.items()}
    assert total == sum(split.values()) == table(app, "part")[measure].sum()
    assert f"Whole network: {count(total, measure)}" in words(app)
    for frame in app.dataframe:
        share = json.loads(frame.proto.columns)["share"]["type_config"]
        assert (share["min_value"], share["max_value"]) == (0, 100), "shares are per cent"
        assert frame.value["share"].max() <= 100


def test_a_block_unfolds_into_its_ops(open_app) -> None:
    app = open_app("parameters", net="resnet50", params_view=THIS, params_part="conv2_1")
    rows = table(app, "part")
    products = dict(zip(rows["part"], rows["product"], strict=True))
    assert products["layer1.0.conv2"] == "3*3*64*64 = 36,864"
    assert products["layer1.0.downsample.0"] == "1*1*64*256 = 16,384"
    assert f"conv2_1: {rows['params'].sum():,} parameters" in words(app)


def test_a_part_that_the_network_lacks(open_app) -> None:
    app = open_app("parameters", net="resnet18", params_view=THIS, params_part="conv4_9")
    assert not app.exception
    assert [box.value for box in app.warning] == [
        "ResNet-18 has no part called `'conv4_9'`: the whole network is listed."
    ]
    assert "Whole network: 11,689,512 parameters" in words(app)


def test_a_part_that_another_network_lacks(open_app) -> None:
    app = open_app("parameters", net="resnet50", params_view=THIS, params_part="conv4_6")
    assert "conv4_6:" in words(app)
    widget(app, "net").set_value("resnet18").run()
    assert not app.exception
    assert "Whole network: 11,689,512 parameters" in words(app)


def test_long_networks_are_folded_and_say_so(open_app) -> None:
    app = open_app("parameters", net="resnet1202", params_view=THIS, params_part="conv3_2")
    assert "conv3_2 and the 198 blocks after it are equal" in words(app)
    assert "equal blocks that follow each other are one tile" in words(app)
    assert len(widget(app, "params_part").options) == 11


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "resnet50",
            "Projections (4) hold 2,776,576 parameters, 10.9% of the network; batch norm f",
        ),
        ("resnet50", "5,519,360 for one image, 0.135% of the MACs' number"),
        ("resnet18", "Projections (3) hold 173,824 parameters"),
        ("d2l_resnet18", "no batch norm follows them"),
        ("resnet20", "No shortcut projects"),
        ("plain34", "no shortcuts, so no additions"),
    ],
)
def test_what_the_shortcuts_cost(open_app, name, sentence) -> None:
    assert sentence in words(open_app("parameters", net=name, params_view=THIS))


@pytest.mark.parametrize("name", NETWORKS)
def test_all_networks_ring_the_chosen_one(open_app, name) -> None:
    app = open_app("parameters", net=name, params_view=ALL)
    assert not app.exception
    ring = charts(app)[0]["data"][0]
    bp = blueprint(PRESETS[name].spec, size(name))
    assert (ring["name"], ring["x"], ring["y"]) == ("in the sidebar", [bp.params], [bp.macs])


def test_accuracy_names_its_protocol_and_source(open_app) -> None:
    app = open_app("parameters", net="resnet20", params_view=ALL)
    text = words(app)
    assert "ResNet-20 has no figure under this protocol" in text
    assert "[torchvision 0.28.0, metadata of the weights](https://" in text
    next(b for b in app.button if b.label == "Paper, CIFAR-10 test set").click().run()
    assert widget(app, "params_protocol").value == "paper-cifar10"
    text = words(app)
    assert "arxiv.org/abs/1512.03385" in text
    figures = app.table[0].value
    assert (
        dict(zip(figures["Network"], figures["Top-1 error, %"], strict=True))["ResNet-20"] == 8.75
    )
    assert "has no figure" not in text
    assert "Top-5 error, %" not in figures, "the source prints none"


def test_networks_without_figures_and_customised_ones_say_so(open_app) -> None:
    text = words(open_app("parameters", net="plain20", params_view=ALL))
    assert "No published figure of Plain-20 is listed here." in text
    text = words(open_app("parameters", net="resnet50", num_classes="10", params_view=ALL))
    assert "published figures are about ResNet-50 as it is named" in text


def test_no_figure_is_ringed_for_a_customised_network(open_app) -> None:
    def ringed(**query: str) -> list[str]:
        app = open_app("parameters", net="resnet50", params_view=ALL, **query)
        return [trace["name"] for trace in charts(app)[2]["data"]]

    ring = label("family.chosen")
    assert ring in ringed()
    assert ring not in ringed(num_classes="10")
