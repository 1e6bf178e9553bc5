"""A field of NetworkSpec is seen everywhere that it should be, and the README says where."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset
from explorer.architecture import presets as module_of_presets
from explorer.architecture.alignment import aligned, matters
from explorer.architecture.causes import causes
from explorer.architecture.choices import CHOICES, SWITCHES
from explorer.architecture.unit import UnitSpec
from explorer.lessons import compare
from explorer.lessons.sentences import walk_in_words
from explorer.ui.fields import FIELDS, LISTS, NUMBERS, field_label
from explorer.views import block_diagram, diagram, source_code, trace_table, unit_boxes
from explorer.words import glossary, has_label
from tests.strategies import specs, unit_specs

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BASE = preset("resnet50")
CHANGES = {
    "block": "basic",
    "depths": (3, 4, 6, 2),
    "widths": (64, 128, 256, 500),
    "stem": "cifar",
    "activation_order": "pre",
    "stride_on": "1x1",
    "shortcut": "padding",
    "norm_on_projection": False,
    "norm": "group",
    "norm_eps": 2e-5,
    "final_norm": False,
    "share_first": False,
    "share_projection": False,
    "stem_norm": "never",
    "conv_bias": True,
    "stem_bias": True,
    "stem_width": 32,
    "zero_padding": "both",
    "avg_down": True,
    "output_stride": 16,
    "expansion": 2,
    "se_ratio": 16,
    "groups": 2,
    "width_per_group": 32,
    "in_channels": 1,
    "num_classes": 10,
}
VIEWS = {
    "trace table": lambda bp: trace_table.op_rows(bp),
    "source code": lambda bp: source_code.module_source(bp, "Any"),
    "block diagram": lambda bp: [block_diagram.lines_of(op) for op in bp.ops],
    "unit diagram": lambda bp: [
        unit_boxes.op_lines(op) for block in bp.blocks for op in block.ops if op.kind != "add"
    ],
    "diagram": lambda bp: diagram.sheet(bp).source,
    "sentences": walk_in_words,
}
WITH = {"zero_padding": {"shortcut": "padding"}, "final_norm": {"activation_order": "pre"}}
WITH["share_first"] = {"activation_order": "pre", "stem": "cifar", "block": "basic"}
WITH["share_projection"] = WITH["stem_norm"] = {"activation_order": "pre"}
"""What gives a field something to decide."""
UNTOUCHED = {
    "trace table": {"zero_padding", "norm_eps", "share_first", "share_projection"},
    "block diagram": {"norm_eps", "share_first", "share_projection"},
    "unit diagram": {
        *("in_channels", "num_classes", "norm_eps", "final_norm", "share_first", "stem_bias"),
        *("share_projection", "stem_norm"),
    },
    "diagram": {
        *("norm_on_projection", "norm", "norm_eps", "conv_bias", "stem_bias"),
        *("groups", "width_per_group", "zero_padding", "avg_down", "stem_norm"),
    },
    "sentences": {"conv_bias", "stem_bias"},
}
"""Fields that a picture does not show, because it leaves out what they change."""


def test_every_field_is_changed_here():
    assert set(CHANGES) == {field.name for field in fields(NetworkSpec)}


def test_every_field_is_in_the_sidebar():
    assert set(FIELDS) == set(CHANGES)
    assert {*CHOICES, *SWITCHES, *LISTS, *NUMBERS} == {*FIELDS, "image_size"}
    for field in FIELDS:
        assert has_label(f"{field}.label") and glossary(field)
    for field, options in CHOICES.items():
        assert all(has_label(f"{field}.{option}") for option in options)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("field", CHANGES)
def test_two_networks_that_differ_in_a_field_are_shown_differently(field, view):
    base = replace(BASE, **WITH.get(field, {}))
    both = [blueprint(replace(base, **change), 64) for change in ({}, {field: CHANGES[field]})]
    shown = [VIEWS[view](bp) for bp in both]
    assert (shown[0] != shown[1]) == (field not in UNTOUCHED.get(view, ()))


@pytest.mark.parametrize(("of", "drawn"), [(NetworkSpec, specs()), (UnitSpec, unit_specs())])
def test_every_field_is_drawn_at_random(of, drawn):
    """What holds for any network was tried with more than one value of each field."""
    seen = {field.name: set() for field in fields(of)}

    @settings(max_examples=150, database=None, derandomize=True, phases=[Phase.generate])
    @given(drawn)
    def draw(spec):
        for field, values in seen.items():
            values.add(getattr(spec, field))

    draw()
    assert [field for field, values in seen.items() if len(values) < 2] == []


@pytest.mark.parametrize("field", CHANGES)
def test_every_field_has_a_cause_on_compare(field):
    base = replace(BASE, **WITH.get(field, {}))
    changed = replace(base, **{field: CHANGES[field]})
    one = aligned(*(blueprint(spec, 64) for spec in (base, changed)))
    assert one.fields == (field,) and matters(field, base, changed)
    found = causes(one)
    assert found and all(cause.blocks for cause in found)
    (choice,) = compare.choices(one)
    assert field_label(field) in choice.told and choice.follows
    said = compare.reasons(one, compare.Titles("One", "Other"))
    assert len(said) == len(found) == len(set(said))
    assert not [text for text in said if "{" in text or "None" in text]
    swapped = aligned(one.right, one.left)
    assert {c.id for c in causes(swapped)} == {c.id for c in found}


def section(title: str) -> str:
    return re.split(r"^#{2,3} ", README.partition(f"### {title}\n")[2], flags=re.MULTILINE)[0]


def test_the_places_that_the_readme_names_exist():
    named = re.findall(r"`((?:explorer|tests)/[^`]+)`", section("Adding a field"))
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_files_that_the_readme_names_anywhere_exist():
    named = set(re.findall(r"\b(?:explorer|tests|deploy|docs)/[\w./-]+\.\w+", README))
    assert len(named) > 40
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
    for module in set(re.findall(r"python -m ((?:explorer|tests)\.[\w.]+)", README)):
        path = ROOT.joinpath(*module.split("."))
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def test_the_readmes_preset_is_one():
    [line] = re.findall(r"```python\n(.*),\n```", section("Adding a preset"))
    made = eval(line, vars(module_of_presets))
    assert made.name not in PRESETS and has_label(f"family.{made.family}")
    assert str(made.spec.depth) in made.title and not made.torchvision
    for name in re.findall(r"`([A-Z]+)`", section("Adding a preset")):
        tests = (ROOT / "tests/architecture/test_presets.py").read_text(encoding="utf-8")
        assert f"\n{name} = " in tests
    assert blueprint(made.spec, made.image_size).spec.stride_on == "3x3"
