"""The page Shortcuts: right for every kind of network, and for links that do not fit."""

import pytest

from explorer.architecture import PRESETS, blueprint
from explorer.views import dot
from tests.pages.written import drawings, words

NETWORKS = ["resnet18", "resnet50", "resnet1202", "plain20", "preact_resnet164", "d2l_resnet18"]


def control(app, kind, key):
    return next(widget for widget in getattr(app, kind) if widget.key == key)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_lead_counts_the_blocks(open_app, name):
    app = open_app("shortcuts", net=name)
    assert not app.exception
    bp = blueprint(PRESETS[name].spec, PRESETS[name].image_size)
    if bp.spec.shortcut == "none":
        assert f"{len(bp.blocks)} blocks, no shortcut." in words(app)
    else:
        solid = len(bp.blocks) - len(bp.dashed)
        expected = f"{len(bp.blocks)} blocks: {solid} solid, {len(bp.dashed)} dashed."
        assert expected in words(app)


def test_option_c_is_not_said_to_need_what_it_does(open_app):
    app = open_app("shortcuts", net="resnet34", shortcut="projection-always")
    assert "16 blocks: 0 solid, 16 dashed.** Option C projects" in words(app)


def test_the_diagram_is_there_with_a_block_and_its_ops(open_app):
    shown = drawings(open_app("shortcuts", net="resnet50"))
    assert 'id="layer3.0"' in shown["resnet50_shortcuts"]["svg"]
    assert shown["resnet50_shortcuts"]["selected"] == "layer1.0"
    assert not shown["resnet50_shortcuts"]["dim"]
    assert 'id="layer1.0.downsample.0"' in shown["conv2_1_ops"]["svg"]


def test_a_link_opens_its_block_and_op(open_app):
    query = {"shortcuts_block": "layer2.0", "shortcuts_op": "conv2"}
    app = open_app("shortcuts", net="resnet50", **query)
    shown = drawings(app)
    assert shown["resnet50_shortcuts"]["selected"] == "layer2.0"
    assert shown["resnet50_shortcuts"]["dim"]
    assert shown["conv3_1_ops"]["selected"] == "layer2.0.conv2"
    text = words(app)
    assert "**Dashed: channels 256 → 512 and size 56×56 → 28×28.**" in text
    assert "conv3_x (layer2) › **conv3_1** (layer2.0)" in text
    assert "`3*3*128*128 = 147,456`" in text


@pytest.mark.parametrize(
    ("net", "query", "sentence"),
    [
        ("resnet50", {"shortcuts_block": "layer1.1"}, "**Solid, because nothing changes.**"),
        ("resnet50", {}, "Batch norm follows this convolution"),
        ("resnet20", {}, "adds 16 channels of zeros"),
        ("plain20", {}, "**No shortcut.**"),
        ("preact_resnet50", {}, "starts at `relu1`, inside the block"),
        ("preact_resnet50", {}, "No batch norm follows this convolution"),
        ("preact_resnet50", {"shortcuts_block": "layer1.1"}, "starts at the block's input, before"),
        (
            "resnet50",
            {"shortcut": "projection-always", "shortcuts_block": "layer1.1"},
            "**Dashed by rule, although nothing changes.**",
        ),
        ("resnet50", {"shortcuts_block": "stem"}, "lies outside the residual blocks"),
        ("resnet50", {"shortcuts_block": "head"}, "lies outside the residual blocks"),
        ("resnet34", {}, "two 3×3 and no 1×1 to put the stride on"),
        ("resnet50", {"depths": "2", "widths": "8"}, "No block of ResNet-50, customised halves"),
        ("resnet50", {"shortcut": "none"}, "that is all the block reads"),
    ],
)
def test_it_says_why(open_app, net, query, sentence):
    app = open_app("shortcuts", net=net, **query)
    assert not app.exception
    assert sentence in words(app)


@pytest.mark.parametrize("net", ["resnet50", "resnet50_v1"])
def test_v1_and_v15_with_the_ledgers_figures(open_app, net):
    app = open_app("shortcuts", net=net)
    text = words(app)
    assert "3,857,973,248 MACs as v1 and 4,089,184,256 as v1.5" in text
    assert "231,211,008 more (+6.0%)" in text
    assert "only **25.0%** of the block's input positions" in text
    assert "483 input pixels along one axis in v1, and on 427 in v1.5" in text
    shown = drawings(app)
    assert "conv1: 1×1, stride 2" in shown["conv3_1_v1"]["svg"]
    assert "conv2: 3×3, stride 2" in shown["conv3_1_v1.5"]["svg"]


def test_the_table_lists_every_dashed_block(open_app):
    app = open_app("shortcuts", net="resnet50")
    table = app.dataframe[0].value
    assert list(table["block"]) == [f"conv{n + 1}_1 (layer{n}.0)" for n in (1, 2, 3, 4)]
    assert table["params"].sum() == 2_776_576
    assert table["why"][0] == "channels 64 → 256, size kept"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"shortcuts_block": "layer9.9"}, "no block `'layer9.9'`"),
        ({"shortcuts_block": "layer3.5"}, "no block `'layer3.5'`"),
        ({"shortcuts_layout": "circle"}, ""),
        ({"shortcuts_unfold": "layer9"}, ""),
        ({"shortcuts_op": "conv7"}, ""),
    ],
)
def test_a_link_that_does_not_fit_still_shows_the_network(open_app, query, told):
    app = open_app("shortcuts", net="resnet18", **query)
    assert not app.exception
    assert told in words(app)
    assert drawings(app)["resnet18_shortcuts"]["selected"] == "layer2.0"


def test_choosing_another_network_lets_go_of_a_block_it_does_not_have(open_app):
    app = open_app("shortcuts", net="resnet50", shortcuts_block="layer3.5")
    control(app, "selectbox", "net").set_value("resnet18").run()
    assert not app.exception
    assert drawings(app)["resnet18_shortcuts"]["selected"] == "layer2.0"


def test_unfolding_draws_each_block(open_app):
    app = open_app("shortcuts", net="resnet50", shortcuts_unfold="layer3")
    svg = drawings(app)["resnet50_shortcuts"]["svg"]
    assert 'id="layer3.5"' in svg
    assert 'id="fold-layer3"' not in svg
    assert 'id="fold-layer2"' in svg


def test_too_many_blocks_are_drawn_in_part_and_it_says_so(open_app):
    query = {"depths": "300", "widths": "8", "stem": "cifar", "shortcuts_unfold": "layer1"}
    app = open_app("shortcuts", net="resnet20", **query)
    assert not app.exception
    assert "too many blocks to draw them all. The first 200 are drawn" in words(app)


def test_without_graphviz_there_is_one_sentence_and_the_rest_of_the_page(open_app, monkeypatch):
    def fails(*_, **__):
        raise OSError("no such thing")

    monkeypatch.setattr(dot.subprocess, "run", fails)
    dot.draw.cache_clear()
    app = open_app("shortcuts", net="wide_resnet50_2", image_size="97")
    assert not app.exception
    assert any("graphviz-pure could not draw the diagram" in box.value for box in app.error)
    assert "v1.5" in words(app)


def test_an_op_is_told_with_what_it_reads_and_writes(open_app):
    query = {"net": "resnet50", "shortcuts_block": "layer2.0", "shortcuts_op": "conv2"}
    said = words(open_app("shortcuts", **query))
    # The paper's Table 1: conv3_x halves 56 x 56 at its first 3x3 (v1.5), of 128 channels.
    assert "`layer2.0.conv2` reads (128, 56, 56) and writes (128, 28, 28)." in said


def test_the_layer_with_the_stride_is_marked_in_both_versions(open_app):
    shown = drawings(open_app("shortcuts", net="resnet50", shortcuts_block="layer2.0"))
    marked = {name: shown[f"conv3_1_{name}"]["selected"] for name in ("v1", "v1.5")}
    assert marked == {"v1": "layer2.0.conv1", "v1.5": "layer2.0.conv2"}


def test_a_drawing_keeps_its_place_while_it_is_the_same_one(open_app):
    """Unfolding a stage keeps what was zoomed to; another layout begins anew."""
    scenes = [
        drawings(open_app("shortcuts", net="resnet50", **query))["resnet50_shortcuts"]["scene"]
        for query in ({}, {"shortcuts_unfold": "layer3"}, {"shortcuts_layout": "vertical"})
    ]
    assert scenes[0] == scenes[1] != scenes[2]
