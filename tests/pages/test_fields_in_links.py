"""Every choice about a network in an address: all pages open with it, and say so if it is wrong."""

import ast
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from explorer.architecture import blueprint, preset
from explorer.ui import settings
from explorer.ui.fields import FIELDS, RENAMED, parsed
from explorer.ui.picker.link_words import is_known
from explorer.words import label

ROOT = Path(__file__).parents[2]
DOORS = {"choice", "choices", "number", "sections", "text"}
UNUSUAL = {
    "everything": {
        "net": "resnet50",
        "stem": "deep",
        "stem_width": "48",
        "stem_bias": "yes",
        "avg_down": "yes",
        "output_stride": "16",
        "expansion": "2",
        "se_ratio": "4",
        "norm": "group",
        "norm_eps": "2e-5",
    },
    "option-a": {
        "net": "resnet18",
        "stem": "3x3_stride2",
        "shortcut": "padding",
        "zero_padding": "both",
        "avg_down": "yes",
        "norm": "none",
        "conv_bias": "yes",
    },
    "before": {
        "net": "preact_resnet50",
        "stem": "3x3_pool",
        "stem_norm": "never",
        "final_norm": "no",
        "share_first": "no",
        "share_projection": "no",
        "output_stride": "8",
        "groups": "32",
        "width_per_group": "4",
        "expansion": "2",
        "stride_on": "1x1",
        "norm_on_projection": "yes",
    },
}
"""Between them every choice that a link can make beside the named network."""
PAGES = (
    ("", {}),
    ("lesson", {}),
    ("shape_trace", {}),
    ("shortcuts", {"shortcuts_block": "layer2.0"}),
    ("compare", {"compare_block": "layer2.0", "compare_rows": "ops"}),
    ("block_lab", {"unit_view": "code"}),
    ("parameters", {}),
    ("parameters", {"params_view": "network"}),
    ("batch_norm", {"bn_section": "layer"}),
    ("why_residual", {"why_part": "initialisation"}),
    ("inference", {}),
    ("quiz", {}),
)


def errors(app):
    return [error.value for error in app.error]


def test_every_choice_is_tried():
    tried = {field for link in UNUSUAL.values() for field in link}
    everywhere = {"block", "depths", "widths", "activation_order", "in_channels", "num_classes"}
    assert set(FIELDS) - tried == everywhere, "the presets that are tried differ in these"


@pytest.mark.parametrize("choices", UNUSUAL)
@pytest.mark.parametrize(("page", "view"), PAGES, ids=lambda value: str(value) or "home")
def test_pages_open_with_every_choice_and_an_image_that_is_not_square(
    open_app, page, view, choices
):
    wanted = UNUSUAL[choices]
    app = open_app(page, **wanted, depths="1, 1, 1, 1", image_size="256x128", **view)
    assert not app.exception
    assert not errors(app)
    assert not [warning.value for warning in app.warning if "left out" in warning.value]
    choice = app.session_state["choice"]
    assert choice.image_size == (256, 128)
    for field, value in wanted.items():
        if field != "net":
            assert getattr(choice.spec, field) == parsed(field, value)
    for svg in svgs(app):
        words = [text for node in ElementTree.fromstring(svg).iter() for text in (node.text,)]
        assert not [text for text in words if text and re.search(r"\bNone\b|\bnan\b", text)]


@pytest.mark.parametrize(("page", "view"), PAGES, ids=lambda value: str(value) or "home")
def test_pages_say_which_image_group_norm_needs_and_take_it(open_app, page, view):
    """Its groups of one value: torch refuses them, in a sentence for programmers."""
    link = {"net": "resnet20", "widths": "16, 16, 16", "depths": "1, 1, 1", "norm": "group"}
    app = open_app(page, **link, image_size="4", **view)
    assert not app.exception
    (said,) = errors(app)
    assert f"**{label('image_size.label')}** = 5 or more" in said and "16 channels" in said
    choice = app.session_state["choice"]
    assert (choice.spec.norm, choice.image_size) == ("group", 32)
    app = open_app(page, **link, image_size="5", **view)
    assert not app.exception and not errors(app)
    assert app.session_state["choice"].image_size == 5


def svgs(app):
    """Every drawing on the page."""
    data = (json.loads(found.proto.json or "{}") for found in app.get("bidi_component"))
    return [one["svg"] for one in data if one.get("svg")]


def test_pre_activation_and_option_a_in_a_link(open_app):
    app = open_app(
        "shape_trace", net="preact_resnet110", final_norm="no", zero_padding="both", depths="1,1,1"
    )
    spec = app.session_state["choice"].spec
    assert not app.exception and not errors(app)
    assert (spec.final_norm, spec.zero_padding) == (False, "both")


@pytest.mark.parametrize(("said", "norm"), [("no", "none"), ("yes", "batch")])
def test_links_of_before_that_spoke_of_batch_norm(open_app, said, norm):
    app = open_app("", net="resnet18", batch_norm=said)
    assert app.session_state["choice"].spec.norm == norm
    assert not errors(app) and not app.warning
    assert set(RENAMED) == {"batch_norm"}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("norm_eps", "often", "must be a number, such as 1e-5"),
        ("norm_eps", "0", "must be a number above 0"),
        ("norm_eps", "1e400", "must be a number, such as 1e-5"),
        ("output_stride", "12", "allowed: 1, 2, 4"),
        ("output_stride", "2", "less than the stride of the stem, 4"),
        ("se_ratio", "-1", "must be a whole number"),
        ("expansion", "0", "must be a whole number from 1"),
        ("stem_width", "99999", "must be a whole number from 1"),
    ],
)
def test_what_cannot_be_is_said_at_its_control(open_app, field, value, says):
    app = open_app("", net="resnet50", **{field: value})
    assert not app.exception
    assert any(says in error and label(f"{field}.label") in error for error in errors(app))
    assert app.session_state["choice"].spec == preset("resnet50")


def test_what_no_machine_builds_is_counted(open_app):
    """ResNeXt-101 32x32d: 468,530,472 parameters."""
    app = open_app("", net="resnext101_32x8d", width_per_group="32")
    assert not errors(app)
    choice = app.session_state["choice"]
    assert blueprint(choice.spec, choice.image_size).params == 468_530_472
    assert any("468,530,472" in str(metric) for metric in app.metric)


@pytest.mark.parametrize(
    ("page", "view"),
    [("shape_trace", {}), ("inference", {}), ("batch_norm", {"bn_section": "layer"})],
    ids=["shape_trace", "inference", "batch_norm"],
)
def test_what_no_machine_builds_is_refused_with_what_it_would_take(
    open_app, monkeypatch, page, view
):
    monkeypatch.setenv(settings.MEMORY, "1800")  # four bytes for each weight alone are 1,874 MB
    link = {"net": "resnext101_32x8d", "width_per_group": "32", "bn_weights": "random"}
    app = open_app(page, **link, **view)
    assert not app.exception
    said = " ".join(box.value for box in (*app.warning, *app.error, *app.info))
    needed = re.search(r"would take about ([0-9,]+) MB of memory", said)
    assert needed and int(needed[1].replace(",", "")) >= 1_874
    assert settings.MEMORY in said


def test_an_image_of_2048_pixels_is_counted(open_app):
    app = open_app("", net="resnet152", image_size="2048")
    assert not app.exception and not errors(app)
    # Only the classifier does not grow with the image: 2048 is 64 strides of 32, 224 is 7.
    whole, classifier = 11_513_626_624, 2_048_000
    shown = (whole - classifier) // 49 * 64**2 + classifier
    assert any(f"{shown:,}" in str(metric) for metric in app.metric)


@pytest.mark.parametrize("field", ["net", "family", "device", "image_size", *FIELDS])
def test_an_empty_value_is_the_named_networks(open_app, field):
    app = open_app("", **({"net": "resnet18"} | {field: ""}))
    assert not app.exception and not errors(app) and not app.warning
    assert app.session_state["choice"].spec == preset("resnet18")


def test_a_field_of_another_tool_is_named(open_app):
    app = open_app("", net="resnet50", dilation="2")
    said = [warning.value for warning in app.warning]
    assert any("dilation" in text and "left out" in text for text in said)
    assert app.session_state["choice"].spec == preset("resnet50")


def test_what_pages_keep_in_the_address_is_known():
    before = json.loads((ROOT / "tests/addresses/before.json").read_text(encoding="utf-8"))
    keys = set(re.findall(r"[?&]([a-zA-Z_0-9]+)=", json.dumps(before)))
    assert len(keys) > 70
    assert [key for key in sorted(keys) if not is_known(key)] == []


def _keys_of_today():
    """Keys that pages give to the door, written out or named above the functions of a file."""
    for path in [*ROOT.glob("explorer/ui/**/*.py"), *ROOT.glob("pages/*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {
            node.target.id: node.value
            for node in tree.body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                door = ast.unparse(node.func).removeprefix("controls.")
                key = node.args[0]
                key = named.get(key.id, key) if isinstance(key, ast.Name) else key
                if door in DOORS and isinstance(key, ast.Constant):
                    yield key.value


def test_what_pages_keep_in_the_address_today_is_known():
    keys = set(_keys_of_today())
    assert {"origin_toy_kernel", "origin", "memory_batch", "why_part"} <= keys
    assert [key for key in sorted(keys) if not is_known(key)] == []


def test_a_link_with_a_typed_kernel_is_no_mistake(open_app):
    app = open_app("inference", net="resnet20", infer_view="origin", origin_toy_kernel="x")
    assert not app.exception
    assert not [warning.value for warning in app.warning if "left out" in warning.value]


def test_why_wrn_28_10_is_called_28(open_app):
    app = open_app("", net="wrn_28_10")
    told = [text.value for text in app.markdown if "WRN-28-10 is called 28" in text.value]
    assert told and "25 on the main path and 3 projections" in told[0] and "26 layers" in told[0]
    other = open_app("", net="wrn_28_10", depths="1, 1, 1")
    assert not any("is called 28" in text.value for text in other.markdown)


def test_a_square_that_is_typed_as_two_sides_is_one(open_app):
    app = open_app("", net="resnet18", image_size="96x96")
    choice = app.session_state["choice"]
    assert blueprint(choice.spec, choice.image_size) == blueprint(choice.spec, 96)
    assert choice.image_size == choice.side == 96


@pytest.mark.parametrize("value", ["64x", "x", "64x0", "64x32x3", "64x5000"])
def test_sizes_that_no_image_has(open_app, value):
    app = open_app("", net="resnet18", image_size=value)
    assert not app.exception and errors(app)
    assert app.session_state["choice"].image_size == 224
