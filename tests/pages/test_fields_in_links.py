"""Every choice about a network in an address: all pages open with it, and say so if it is wrong."""

import ast
import json
import re
from pathlib import Path

import pytest

from explorer.architecture import blueprint, preset
from explorer.ui.fields import FIELDS, RENAMED
from explorer.ui.picker.link_words import is_known
from explorer.words import label

ROOT = Path(__file__).parents[2]
DOORS = {"choice", "choices", "number", "sections", "text"}
UNUSUAL = {
    "stem": "deep",
    "stem_width": "48",
    "stem_bias": "yes",
    "avg_down": "yes",
    "output_stride": "16",
    "expansion": "2",
    "se_ratio": "4",
    "norm": "group",
    "norm_eps": "2e-5",
    "image_size": "64",
    "depths": "1, 1, 1, 1",
}
PAGES = (
    "",
    "shape_trace",
    "shortcuts",
    "block_lab",
    "parameters",
    "batch_norm",
    "lesson",
    "compare",
)


def errors(app):
    return [error.value for error in app.error]


@pytest.mark.parametrize("page", PAGES)
def test_pages_open_with_every_choice(open_app, page):
    app = open_app(page, net="resnet50", **UNUSUAL)
    assert not app.exception
    assert not errors(app)
    spec = app.session_state["choice"].spec
    found = (spec.stem, spec.stem_channels, spec.stem_bias, spec.avg_down, spec.output_stride)
    assert found == ("deep", 48, True, True, 16)
    assert (spec.expands_by, spec.se_ratio, spec.norm, spec.norm_eps) == (2, 4, "group", 2e-5)


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


@pytest.mark.parametrize("page", [*PAGES, "inference", "quiz"])
def test_pages_open_with_an_image_that_is_not_square(open_app, page):
    app = open_app(page, net="resnet18", image_size="64x32")
    assert not app.exception
    assert not errors(app)
    assert app.session_state["choice"].image_size == (64, 32)


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
