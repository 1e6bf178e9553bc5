"""The other way: which outputs a value feeds."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.ui.drawing import drawing
from explorer.ui.inference.origin_state import go
from explorer.ui.inference.scene import Scene
from explorer.words import label, listed, section

if TYPE_CHECKING:
    from explorer.architecture import Op
    from explorer.experiments.origin.parts import Part

_SHOWN: Final = 5


def draw(scene: Scene, part: Part) -> None:
    """Every op that reads the value, and the outputs in which it weighs most."""
    from explorer.experiments.origin.feeds import readers

    found = readers(scene.blueprint, part.place.path)
    if not found:
        st.info(section("origin", "feeds nothing"))
        return
    named = [label("origin.feeds", path=op.path, kind=label(f"op.{op.kind}")) for op in found]
    st.write(section("origin", "feeds", ops=listed(named)))
    for index, op in enumerate(found):
        _reader(scene, part, op, index)


def _reader(scene: Scene, part: Part, op: Op, index: int) -> None:
    from explorer.experiments.origin.feeds import kernels_of, reached
    from explorer.views.origin.outputs import Term, in_words, outputs

    reader = reached(op, part.place, kernels_of(scene.network, op))
    if reader is None:
        st.write(section("origin", "steps over", path=op.path, stride=op.stride))
        return
    weighted = reader.weights is not None
    words = section(
        "origin",
        "fed, weighted" if weighted else "fed",
        path=op.path,
        outputs=reader.outputs,
        channels=len(reader.channels),
        positions=len(reader.rows) * len(reader.columns),
    )
    st.write(words)
    if op.kind == "group_norm":
        numbers = {"values": op.in_shape[0] // op.groups * prod(op.in_shape[1:])}
        st.caption(section("origin", "moves its group", **numbers))
    if op.kind == "max_pool":
        st.caption(section("origin", "may lose"))
    terms = [Term(place, part.value, weight) for place, weight in reader.strongest(_SHOWN)]
    told = label("list.comma").join(map(in_words, terms))
    drawing(
        outputs(terms),
        key=f"origin_feeds_{index}",
        for_all=False,
        label=section("origin", "alt of what is fed", sentence=words.replace("**", ""), terms=told),
        choosable=True,
        min_width=600,
        on_choose=go,
    )
