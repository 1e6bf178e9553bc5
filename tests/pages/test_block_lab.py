"""The page Residual block: textbook cases, mends, odd links, and every tab."""

import re
import subprocess
import sys

import pytest

from explorer.ui.block_lab.composer import _CHOICES, _NUMBERS, CASES
from tests.pages.written import words

TABS = ("block", "numbers", "versions", "dialects", "code")


def button(app, key):
    return next(one for one in app.button if one.key == key)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"unit_out_channels": "256", "unit_block": "bottleneck"},
        {"unit_shortcut": "none", "unit_stride": "2", "unit_activation_order": "pre"},
        {"unit_shortcut": "padding", "unit_out_channels": "128", "unit_stride": "2"},
        {"unit_in_channels": "2048", "unit_out_channels": "2048", "unit_shortcut": "projection"},
        {"unit_size": "224", "unit_in_channels": "3", "unit_out_channels": "1"},
        {"unit_size": "1", "unit_in_channels": "1", "unit_stride": "2"},
        {
            "unit_norm": "group",
            "unit_dilation": "2",
            "unit_expansion": "2",
            "unit_se_ratio": "16",
            "unit_block": "bottleneck",
            "unit_out_channels": "66",
        },
        {"unit_norm": "none", "unit_se_ratio": "4", "unit_weights": "dirac", "unit_stride": "2"},
        {"net": "resnet1202"},
        {"net": "preact_resnet164", "image_size": "33"},
    ],
    ids=lambda query: "-".join(query.values()) or "default",
)
def test_every_tab_opens_for_every_block(open_app, tab, query):
    app = open_app("block_lab", unit_view=tab, **query)
    assert not app.exception
    assert app.title[0].value == "Residual block"
    assert not re.search(r"\{[a-z_]+[^}]*\}", words(app))


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        ("rgb_to_3", "Solid line"),
        ("rgb_to_64", "The addition fails"),
        ("to_256", "from 64 to 256 channels"),
        ("halving", "from 256 to 512 channels and from 56×56 to 28×28 pixels"),
        ("one_channel", "A trap: no error, and wrong"),
    ],
)
def test_textbook_cases_are_one_click_away(open_app, case, verdict):
    app = open_app("block_lab", unit_shortcut="projection", unit_conv_bias="yes")
    button(app, f"case_{case}").click().run()
    assert not app.exception
    assert verdict in words(app)
    assert app.radio(key="unit_conv_bias").value == "no"


def test_every_case_has_a_test():
    marks = test_textbook_cases_are_one_click_away.pytestmark
    assert {case for case, _ in marks[0].args[1]} == set(CASES)


@pytest.mark.parametrize(
    ("mend", "verdict", "control", "value"),
    [
        ("projection", "Dashed line", "unit_shortcut", "projection"),
        ("padding", "nothing to learn", "unit_shortcut", "padding"),
        ("both", "Solid line", "unit_stride", "1"),
    ],
)
def test_a_mismatch_is_mended_by_a_button(open_app, mend, verdict, control, value):
    app = open_app("block_lab")
    button(app, "case_halving").click().run()
    assert len(app.error) == 1
    button(app, f"mend_{mend}").click().run()
    assert not app.exception
    assert not app.error
    assert verdict in words(app)
    assert app.radio(key=control).value == value


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"unit_in_channels": "0"}, "**Channels in** = 0 must be a whole number from 1 to 2,048"),
        ({"unit_size": "99999"}, "**Size, pixels** = 99999 must be a whole number from 1 to 1,024"),
        ({"unit_out_channels": "many"}, "must be a whole number"),
        ({"unit_middle_channels": "-3"}, "must be a whole number"),
        (
            {"unit_block": "bottleneck", "unit_out_channels": "3"},
            "**Channels out** = 3 must be a multiple of 4",
        ),
        ({"unit_dilation": "0"}, "**Dilation of the 3×3** = 0 must be a whole number from 1 to 64"),
        ({"unit_se_ratio": "-1"}, "must be a whole number"),
        ({"unit_expansion": "3"}, "**Channels out** = 64 must be a multiple of the expansion, 3"),
        ({"unit_norm": "group", "unit_size": "1", "unit_out_channels": "32"}, "groups of a single"),
        ({"unit_norm": "layer"}, "unit_norm=`'layer'` in the link is unknown"),
        ({"unit_shortcut": "concat"}, "unit_shortcut=`'concat'` in the link is unknown"),
        ({"unit_stride": "7"}, "allowed: 1, 2"),
    ],
)
def test_odd_links_get_one_sentence(open_app, query, sentence):
    app = open_app("block_lab", **query)
    assert not app.exception
    assert sentence in words(app)
    assert "Solid line" in words(app)  # the default block is still there


@pytest.mark.parametrize("field", [*_CHOICES, *_NUMBERS])
def test_an_empty_value_in_a_link_is_the_default(open_app, field):
    app = open_app("block_lab", **{f"unit_{field}": ""})
    assert not app.exception and not app.warning and not app.error
    assert "Solid line" in words(app)


def test_a_link_with_all_that_networks_know(open_app):
    query = {"unit_norm": "group", "unit_dilation": "2", "unit_expansion": "2"}
    query |= {"unit_se_ratio": "16", "unit_out_channels": "128", "unit_shortcut": "projection"}
    app = open_app("block_lab", **query)
    assert not app.exception and not app.error and not app.warning
    told = words(app)
    # 128*8 + 8 + 8*128 + 128 parameters, of two layers on one position.
    assert "**Squeeze-and-excitation** (`se`)" in told and "2,184 of the parameters" in told
    assert "only 2,048 of the MACs" in told
    assert "a square of 5×5" in told and "over 32 groups of its 128 channels" in told
    assert "128 channels leave the block, 2 times its width of 64" in told
    code = open_app("block_lab", unit_view="code", **query).code[0].value
    assert "SqueezeExcitation" in code and "GroupNorm(32, width)" in code
    dialects = words(open_app("block_lab", unit_view="dialects", **query))
    assert "None of the four has group norm, dilation 2, expansion 2 and squeeze-and" in dialects


def test_a_bottleneck_that_no_code_base_writes(open_app):
    query = {"unit_block": "bottleneck", "unit_out_channels": "66", "unit_expansion": "2"}
    app = open_app("block_lab", unit_view="dialects", **query)
    assert not app.exception and not app.dataframe
    assert "66 is none" in words(app)
    assert len(open_app("block_lab", unit_view="code", **query).code) == 2


def test_the_last_block_that_works_stays(open_app):
    query = {"unit_out_channels": "256", "unit_shortcut": "projection", "unit_block": "bottleneck"}
    app = open_app("block_lab", **query)
    app.selectbox(key="unit_out_channels").set_value("3").run()
    assert "The last block that works is shown" in words(app)
    assert "from 64 to 256 channels" in words(app)


def test_links_restore_the_state(open_app):
    state = {
        "unit_in_channels": "256",
        "unit_out_channels": "512",
        "unit_stride": "2",
        "unit_block": "bottleneck",
        "unit_activation_order": "pre",
        "unit_shortcut": "projection",
        "unit_norm_on_projection": "no",
        "unit_view": "numbers",
        "unit_weights": "zero",
        "unit_scale": "own",
    }
    app = open_app("block_lab", **state)
    assert not app.exception
    for key in ("unit_weights", "unit_scale", "unit_norm_on_projection"):
        assert app.radio(key=key).value == state[key]
    assert app.selectbox(key="unit_out_channels").value == "512"
    assert "What remains is the shortcut" in words(app)


def test_zero_weights_give_x_back(open_app):
    zero = {"unit_view": "numbers", "unit_weights": "zero"}
    assert "**yes, bit for bit**" in words(open_app("block_lab", **zero))
    pre = open_app("block_lab", unit_negative="true", unit_activation_order="pre", **zero)
    assert "**yes, bit for bit**" in words(pre)
    post = open_app("block_lab", unit_negative="true", **zero)
    assert "the output is ReLU(x), not x" in words(post)
    assert "its output is 0 and x is lost" in words(
        open_app("block_lab", unit_shortcut="none", **zero)
    )


def test_torch_says_itself_that_it_cannot_add(open_app):
    app = open_app("block_lab", unit_view="numbers", unit_out_channels="256")
    (error,) = app.error
    assert "must match the size of tensor b" in error.value


def test_strides_and_their_cost(open_app):
    app = open_app("block_lab", unit_view="versions")
    assert "25.0% of the positions reach the output" in words(app)
    assert "3,857,973,248 against 4,089,184,256 MACs, **+6.0%**" in words(app)


def test_dialects_and_their_source(open_app):
    query = {"unit_out_channels": "128", "unit_stride": "2", "unit_view": "dialects"}
    app = open_app("block_lab", unit_dialect="d2l", **query)
    assert "class D2LResidual" in app.code[0].value
    (table,) = app.dataframe
    counts = dict(zip(table.value["dialect"], table.value["parameters"], strict=True))
    assert counts["torchvision"] == 230_144  # ResNet-18's layer2.0
    assert counts["d2l's Residual"] == 230_144 + 3 * 128 - 2 * 128
    assert counts["MXNet's residual_unit"] == 230_144 - 2 * 128 - 2 * 128 + 2 * 64


def test_code_is_that_of_the_chosen_network(open_app):
    app = open_app("block_lab", net="preact_resnet50", unit_view="code")
    composed, block, network = (box.value for box in app.code)
    assert "class BasicBlock(" in composed, "first the composed block"
    assert block.startswith("class TorchvisionBasic("), "then in a dialect"
    assert "Pre-act ResNet-50: 25,549,480 parameters" in network
    compile(network, "preact_resnet50.py", "exec")


NAMES = {
    *("CIFAR", "CIFAR-10", "Caffe", "Dirac", "Kaiming", "MACs", "MMPreTrain", "MXNet", "NVIDIA"),
    *("NumPy", "Python", "PyTorch", "ReLU", "ResNet", "Residual", "TensorFlow", "conv", "logits"),
    *("sigmoid", "sqrt", "torch", "torchvision", "models", "resnet", "mxnet", "residual", "unit"),
}
"""Proper names, and what has no other name."""
BESIDE = {"broadcasting", "eval", "plain", "network", "shortcut", "stem"}
"""English terms that stand once in brackets beside the Chinese ones."""


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"unit_out_channels": "256", "unit_stride": "2"},
        {"unit_out_channels": "128", "unit_shortcut": "padding", "unit_weights": "dirac"},
        {"unit_shortcut": "none", "unit_negative": "true", "unit_weights": "ones"},
        {"unit_size": "224", "unit_in_channels": "3", "unit_out_channels": "1"},
        {"unit_in_channels": "0", "unit_stride": "9"},
        {
            "unit_norm": "group",
            "unit_dilation": "2",
            "unit_expansion": "2",
            "unit_se_ratio": "16",
            "unit_out_channels": "128",
            "unit_shortcut": "padding",
            "unit_zero_padding": "both",
            "unit_weights": "dirac",
        },
        {"unit_norm": "none", "unit_expansion": "3", "unit_weights": "ones"},
    ],
    ids=lambda query: "-".join(query.values()) or "default",
)
def test_in_chinese_all_that_is_read_is_chinese(open_app, tab, query):
    app = open_app("block_lab", lang="zh", unit_view=tab, **query)
    assert not app.exception
    widgets = (*app.radio, *app.selectbox, *app.toggle, *app.main.button)
    read = [app.title[0].value, words(app), *(widget.label for widget in widgets)]
    read += [option for radio in app.radio for option in radio.options]
    if tab == "dialects":
        read += list(app.dataframe[0].value.columns)
    unread = r"`[^`]*`|\]\(https[^)]*\)|\*The size of tensor.*?\*|unit_[a-z_]+="
    said = re.sub(unread, "", "\n".join(read))
    assert set(re.findall(r"[A-Za-z]{4,}", said)) <= NAMES | BESIDE


def test_first_tab_needs_no_torch():
    code = (
        "import sys; from explorer.architecture.unit import UnitSpec, unit;"
        "from explorer.ui.block_lab import code, composer, diagram, dialects, numbers, strides;"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_each_control_is_helped_with_its_own_words(open_app):
    app = open_app("block_lab")
    every = (*app.radio, *app.selectbox)
    helps = {box.key: box.help for box in every if (box.key or "").startswith("unit_")}
    assert all(helps.values())
    alike = {helps.pop("unit_in_channels"), helps["unit_out_channels"]}
    assert len(alike) == 1, "channels are channels"
    assert len(set(helps.values())) == len(helps)


def test_each_file_of_the_code_is_what_stands_above_it(open_app, monkeypatch):
    saved = {}
    monkeypatch.setattr("explorer.ui.saving.save", saved.update)
    app = open_app("block_lab", unit_view="code", net="resnet34")
    composed, *_, network = (box.value for box in app.code)
    files = {name: text.rstrip("\n") for name, text in saved.items()}
    assert files == {"residual_block.py": composed, "resnet34.py": network}
    assert "class ResNet(" in network and "class ResNet(" not in composed
