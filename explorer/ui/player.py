"""Walks a network op by op: by buttons, slider, arrow keys, and clicks on its map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.architecture import Blueprint, NetworkSpec, Op, blueprint
from explorer.architecture.image_size import ImageSize
from explorer.architecture.notation import receptive_field_formula
from explorer.lessons.sentences import op_sentence
from explorer.ui import controls, frame, navigation
from explorer.ui.boxes import boxes
from explorer.ui.drawing import drawing
from explorer.ui.drawn_once import drawn_once
from explorer.views import op_picture, trace_map
from explorer.views.numbers import duration
from explorer.views.titles import part_title, stage_title
from explorer.words import glossary, label, language, quoted, section

if TYPE_CHECKING:
    from explorer.networks import Trace

PARAMETER: Final = "trace_op"
"""Of the URL: the path of the current op. Nothing else knows where the walk is."""
PLAYER: Final = "trace_player"
"""Key of the fragment: st.rerun(PLAYER) in a callback shows a move made elsewhere."""
WAY: Final = "trace_way"
"""Of the URL: in which direction one walks."""
WAYS: Final = ("forward", "backward")
_SLIDER: Final = "trace_step"

Back = Callable[[Op], None]
"""Draws what happens at an op on the way back."""


@st.fragment(key=PLAYER)
def player(bp: Blueprint, title: str, back: Back, trace: Trace | None = None) -> None:
    """Draw the player; a step reruns nothing else.

    Args:
        bp: the network to walk.
        title: its name on screen.
        back: called with the op, where one walks backward.
        trace: its measured forward pass, for the time of each op.
    """
    places = _places(bp.spec, bp.image_size)
    backward = controls.settled(WAY, WAYS, WAYS[0]) == WAYS[1]
    index = _index(bp, places, title, _beginning(bp, backward))
    op = bp.ops[index]
    if backward:
        _moves(bp, index, title, backward)
        back(op)
        return
    times = (trace.ops[index].seconds, trace.seconds) if trace and index < len(trace.ops) else None
    inputs = (bp.spec, bp.image_size, index, title, times, controls.carried("inference"))
    controls.drawn_again("trace_walk", inputs, lambda: _forward(bp, index, title, times))
    # Below both, so that on small screens the sentence stands right under the volumes.
    frame.caption(section("shape_trace", "scale"))


def _moves(bp: Blueprint, index: int, title: str, backward: bool) -> None:
    """All that leads from op to op."""
    _controls(bp, index, backward)
    path = bp.ops[index].path
    drawing(
        _map(bp.spec, bp.image_size, index, language()),
        key="trace_map",
        label=section("shape_trace", "alt of the map", title=title, op=path),
        choosable=True,
        selected=path,
        min_width=860,
        on_choose=go,
    )


@lru_cache(maxsize=256)
def _map(spec: NetworkSpec, image_size: ImageSize, index: int, _language: str) -> str:
    bp = blueprint(spec, image_size)
    return trace_map.picture(bp, bp.ops[index])


def _forward(bp: Blueprint, index: int, title: str, times: tuple[float, float] | None) -> None:
    _moves(bp, index, title, backward=False)
    picture, words = boxes("trace_op_beside", _beside)
    with picture:
        _picture(bp, index)
    with words:
        origin = {"infer_view": ["origin"], "origin": [bp.ops[index].path]}
        there = navigation.frozen(controls.carried("inference") | origin)
        _words(bp, index, title, times, there)
        controls.drawn_again("trace_turn", (), _to_gradient)


def _beside() -> tuple[DeltaGenerator, ...]:
    with st.container(key="trace_op_beside"):
        return tuple(st.columns(2, gap="medium", vertical_alignment="center"))


def _beginning(bp: Blueprint, backward: bool) -> str:
    """Each direction begins where it does: with the picture, or with the answer."""
    return bp.ops[-1 if backward else 0].path


def go(path: str) -> None:
    """Move the walk to this op, or to the first one of this block."""
    st.query_params[PARAMETER] = path


def _index(bp: Blueprint, places: Mapping[str, int], title: str, first: str) -> int:
    """Place of the URL's op or block; of one that the network does not have, it says so."""
    wanted = st.query_params.get(PARAMETER) or first
    if wanted in places:
        return places[wanted]
    st.warning(section("shape_trace", "unknown op", title=title, op=quoted(wanted)))
    return places[first]


@lru_cache(maxsize=64)
def _places(spec: NetworkSpec, image_size: ImageSize) -> Mapping[str, int]:
    """Path of each op -> its place in the walk; of each block -> that of its first op."""
    places: dict[str, int] = {}
    count = 0
    for part in blueprint(spec, image_size).parts:
        places[part.path] = count
        for op in part.ops:
            places[op.path] = count
            count += 1
    return places


def _controls(bp: Blueprint, index: int, backward: bool) -> None:
    # One row. The words of the less frequent steps are for screen readers, and for the pointer.
    # On the way back the next op is the one at the left, so that keys go where the map does.
    with st.container(
        horizontal=True, gap="small", vertical_alignment="center", key="trace_controls"
    ):
        controls.drawn_again(
            "trace_steps", (bp.spec, bp.image_size, backward), lambda: _steps(bp, backward)
        )
        if st.session_state.get(_SLIDER) != index + 1:
            st.session_state[_SLIDER] = index + 1
        controls.drawn_again(
            "trace_slider",
            (bp.spec, bp.image_size),
            lambda: _slider(bp, index),
            read=lambda: None,
        )


def _slider(bp: Blueprint, index: int) -> None:
    with st.container(width="stretch", key="trace_slider"):
        st.slider(
            label(f"{_SLIDER}.label"),
            1,
            len(bp.ops),
            # The default too, for a browser that draws only the second of two runs.
            index + 1,
            key=_SLIDER,
            on_change=_slide,
            args=(bp,),
            label_visibility="collapsed",
        )


_STEPS: Final = {
    "first": (":material/first_page:", None),
    "previous_block": (":material/keyboard_double_arrow_left:", "Shift+Left"),
    "previous": (":material/chevron_left:", "Left"),
    "next": (":material/chevron_right:", "Right"),
    "next_block": (":material/keyboard_double_arrow_right:", "Shift+Right"),
    "last": (":material/last_page:", None),
}
"""Icons and keys."""


def _steps(bp: Blueprint, backward: bool) -> None:
    controls.choice(WAY, WAYS, label_visibility="collapsed")
    for name, (icon, shortcut) in _STEPS.items():
        said = label(f"trace_step.{_SWAPPED.get(name, name) if backward else name}")
        keys = shortcut.replace("Left", "←").replace("Right", "→") if shortcut else ""
        st.button(
            said,
            icon=icon,
            key=f"trace_{name}",
            shortcut=shortcut,
            on_click=_step,
            args=(bp, name, backward),
            help=f"{said} {keys}".strip(),
        )


def _step(bp: Blueprint, name: str, backward: bool) -> None:
    """From where the walk is now, so that the buttons stay as they are while one walks."""
    places, last = _places(bp.spec, bp.image_size), len(bp.ops) - 1
    beginning = _beginning(bp, backward)
    index = places.get(st.query_params.get(PARAMETER) or beginning, places[beginning])
    starts = [places[part.path] for part in bp.parts]
    target = {
        "first": 0,
        "previous_block": max((start for start in starts if start < index), default=0),
        "previous": max(0, index - 1),
        "next": min(last, index + 1),
        "next_block": min((start for start in starts if start > index), default=last),
        "last": last,
    }[name]
    go(bp.ops[target].path)


_SWAPPED: Final = {
    "previous": "next",
    "next": "previous",
    "previous_block": "next_block",
    "next_block": "previous_block",
    "first": "last",
    "last": "first",
}


def _slide(bp: Blueprint) -> None:
    go(bp.ops[st.session_state[_SLIDER] - 1].path)


@drawn_once
def _picture(bp: Blueprint, index: int) -> None:
    op = bp.ops[index]
    drawing(
        op_picture.picture(bp, op),
        key="trace_picture",
        label=op_sentence(bp, op),
        min_width=300,
    )


@drawn_once
def _words(
    bp: Blueprint,
    index: int,
    title: str,
    times: tuple[float, float] | None,
    origin: navigation.Carried,
) -> None:
    """What the op does; its time, and that of the whole pass, where both were measured; the way to
    where its numbers come from."""
    op = bp.ops[index]
    block = bp.block(op.path)
    counter = section("shape_trace", "counter", number=f"{index + 1:,}", total=f"{len(bp.ops):,}")
    places = dict.fromkeys((title, stage_title(bp, op.path), part_title(block.title)))
    st.caption(f"{counter} · {' › '.join(places)} › **{op.path}**")
    st.header(op_sentence(bp, op), anchor=False)
    facts = {
        "size": (op.size_formula, "shape"),
        "params": (op.params_formula, "parameters"),
        "macs": (op.macs_formula, "MACs"),
        "field": (receptive_field_formula(bp, op), "receptive field"),
        "stride": (f"{op.output_stride}", "output stride"),
    }
    with st.container(gap="xxsmall"):
        for name, (formula, term) in facts.items():
            st.markdown(label(f"trace_fact.{name}", formula=formula), help=glossary(term))
        if times is not None and times[1]:
            seconds, whole = times
            share = f"{seconds / whole:.2%}"
            st.markdown(label("trace_fact.time", formula=duration(seconds), share=share))
    st.page_link(
        navigation.page_of("inference"),
        label=label("origin.from_walk"),
        icon=":material/account_tree:",
        query_params=navigation.thawed(origin),
    )


def _to_gradient() -> None:
    st.button(
        label("origin.gradient_from_walk"),
        icon=":material/undo:",
        key="trace_turn",
        type="tertiary",
        on_click=controls.put,
        args=(WAY, WAYS[1], WAYS[0]),
    )
