"""Links to Batch norm, Why residual and Residual block whose values are nonsense: the defaults.

The keys are read from the code, so that a new control is tested without being listed.
"""

import ast
from itertools import chain
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "explorer" / "ui"
PAGES = {
    "batch_norm": ("bn_section", ("steps", "layer", "modes", "depth", "claims")),
    "why_residual": (
        "why_part",
        ("published", "initialisation", "training", "photographs", "surface", "paths", "known"),
    ),
    "block_lab": ("unit_view", ("block", "numbers", "versions", "dialects", "code")),
}
FOLDERS = {"batch_norm": "batch_norm", "why_residual": "why", "block_lab": "block_lab"}
COMPUTED = {
    "batch_norm": {"bn_gamma", "bn_beta", "bn_layer_gamma", "bn_layer_beta"},
    "why_residual": set(),
    "block_lab": {
        *("unit_size", "unit_in_channels", "unit_out_channels", "unit_middle_channels"),
        *("unit_stride", "unit_block", "unit_activation_order", "unit_shortcut"),
        *("unit_stride_on", "unit_norm_on_projection", "unit_conv_bias"),
    },
}
"""Keys that the code puts together; how many calls do so is counted below."""
CALLS_WITH_COMPUTED_KEYS = {"batch_norm": 2, "why_residual": 0, "block_lab": 2}
TYPED = {"bn_values", "why_runs"}
"""Texts: whatever a link says is what was typed, and the page answers to it."""
BAD = ("", " ", "zwei", "1e400", "-inf", "nan", "-99999", "9" * 400, "None", "<b>", "x\x00")


def bound(folder):
    """Keys of the controls that a folder binds to the address, and calls with a computed key."""
    keys, computed = set(), 0
    for path in sorted((UI / folder).glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            named = {word.arg: word.value for word in call.keywords}
            if ast.unparse(call.func) in (
                "controls.choice",
                "controls.choices",
                "controls.number",
                "controls.sections",
            ):
                key = call.args[0]
            elif None in named and "controls.BOUND" in ast.unparse(named[None]):
                key = named["key"]
            else:
                continue
            if isinstance(key, ast.Constant):
                keys.add(key.value)
            else:
                computed += 1
    return keys, computed


def keys_of(page):
    return (bound(FOLDERS[page])[0] | COMPUTED[page]) - TYPED


def shown(app):
    """What the page says and what its controls hold, complaints apart."""
    said = [box.value for box in chain(app.title, app.header, app.markdown, app.caption)]
    held = chain(app.radio, app.selectbox, app.slider, app.select_slider, app.number_input)
    values = {box.key: box.value for box in held if box.key and not box.key.startswith("unit_")}
    return said, values


@pytest.mark.parametrize("page", PAGES)
def test_no_key_is_overlooked(page):
    keys, computed = bound(FOLDERS[page])
    assert computed == CALLS_WITH_COMPUTED_KEYS[page]
    assert keys.isdisjoint(COMPUTED[page])
    assert len(keys) > 3


@pytest.fixture(scope="module")
def as_it_is():
    """(page, section) -> what it shows without nonsense; filled by the tests."""
    return {}


@pytest.mark.parametrize("bad", BAD, ids=repr)
@pytest.mark.parametrize(
    ("page", "part"),
    [
        (page, part)
        for page, (_, parts) in PAGES.items()
        for part in parts
        if part not in ("depth", "initialisation")  # slow: below
    ],
)
def test_nonsense_gives_the_defaults(open_app, as_it_is, page, part, bad):
    network = {"net": "resnet20"}
    section = {PAGES[page][0]: part}
    if (page, part) not in as_it_is:
        as_it_is[page, part] = shown(open_app(page, **network, **section))
    app = open_app(page, **dict.fromkeys(keys_of(page), bad), **network, **section)
    assert not app.exception, [box.message for box in app.exception]
    assert shown(app) == as_it_is[page, part]


@pytest.mark.parametrize("bad", ("", "1e400"), ids=repr)
@pytest.mark.parametrize(
    ("page", "part"), [("batch_norm", "depth"), ("why_residual", "initialisation")]
)
def test_nonsense_where_networks_run(open_app, page, part, bad):
    app = open_app(page, **dict.fromkeys(keys_of(page), bad), **{PAGES[page][0]: part})
    assert not app.exception
    key = "bn_depth" if page == "batch_norm" else "why_depth"
    assert next(box for box in app.button_group if box.key == key).value == "20"


@pytest.mark.parametrize("bad", BAD, ids=repr)
@pytest.mark.parametrize("page", PAGES)
def test_nonsense_for_the_section_opens_the_first(open_app, page, bad):
    key, parts = PAGES[page]
    app = open_app(page, net="resnet20", **{key: bad})
    assert not app.exception
    assert next(box for box in app.button_group if box.key == key).value == parts[0]


@pytest.mark.parametrize("bad", [*BAD, "1e400, 1e400", "," * 200], ids=repr)
@pytest.mark.parametrize(
    ("page", "part", "key"),
    [("batch_norm", "steps", "bn_values"), ("why_residual", "training", "why_runs")],
)
def test_nonsense_that_is_typed_is_answered(open_app, page, part, key, bad):
    app = open_app(page, **{PAGES[page][0]: part, key: bad})
    assert not app.exception
