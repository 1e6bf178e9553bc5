"""The composed block as four code bases write it."""

from __future__ import annotations

from inspect import getsource

import streamlit as st

from explorer.architecture.dialects import DIALECTS
from explorer.architecture.unit import UnitSpec
from explorer.lessons import block_lab, block_numbers
from explorer.ui import controls
from explorer.ui.block_lab.diagram import beside_picture, picture_of
from explorer.ui.budget import kept
from explorer.ui.drawing import drawing
from explorer.ui.drawn_once import drawn_once
from explorer.views import block_tables
from explorer.words import glossary, label, language, listed, section


def draw(spec: UnitSpec) -> None:
    """A table of the four, then the chosen one: picture, what is its own, source that runs."""
    st.markdown(section("block_lab", "dialects", shape=block_lab.in_and_out(spec)))
    if not can_write(spec):
        return
    _table(spec)
    name = controls.choice("unit_dialect", tuple(DIALECTS), kind="radio", horizontal=True)
    spoken = DIALECTS[name].unit(spec)
    left, right = beside_picture()
    with left:
        drawing(
            picture_of(spoken, language()),
            key="unit_dialect_diagram",
            label=section(
                "block_lab", "dialect picture", dialect=label(f"unit_dialect_title.{name}")
            ),
            filename=f"block_{name}",
        )
    with right:
        st.markdown(section("block_lab", f"dialect {name}"))
        place = st.empty()
    if not _checked.has(name, spec):
        with place, st.spinner(label("unit_dialect.running")):
            _checked(name, spec)
    source, smaller, difference, counted = _checked(name, spec)
    place.markdown(block_numbers.dialect_checked(smaller, difference, counted))
    st.code(source)


@drawn_once
def _table(spec: UnitSpec) -> None:
    st.dataframe(
        block_tables.dialects(spec),
        hide_index=True,
        column_config={
            label(f"unit_dialect_table.{name}"): st.column_config.NumberColumn(
                format="localized", help=glossary(name)
            )
            for name in ("parameters", "MACs")
        },
    )


def can_write(spec: UnitSpec) -> bool:
    """Whether the four write such a block; says what of it they leave out, or why they do not."""
    if not all(dialect.speaks(spec) for dialect in DIALECTS.values()):
        st.info(section("block_lab", "dialects, four times", channels=spec.out_channels))
        return False
    if extras := block_lab.extra_choices(spec):
        st.info(section("block_lab", "dialects, without", extras=listed(extras)))
    return True


@kept
def _checked(name: str, spec: UnitSpec) -> tuple[str, bool, float, int]:
    """Source; whether it ran smaller, and how far off the app's block; parameters counted."""
    import torch

    from explorer.experiments.block_lab import dialect_difference, small
    from explorer.networks.dialects import CLASSES, build_dialect

    spoken = DIALECTS[name].unit(spec)
    with torch.device("meta"):
        counted = sum(p.numel() for p in build_dialect(name, spoken).parameters())
    source = getsource(CLASSES[name, spoken.block])
    return source, small(spoken) != spoken, dialect_difference(name, spec), counted
