"""Where a number comes from: any value of the network taken apart, back to a pixel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.experiments.origin.places import INPUT, Place
from explorer.ui import controls
from explorer.ui.drawing import drawing
from explorer.ui.inference import cache, origin_feeds, origin_sum, origin_toy
from explorer.ui.inference.answer import allowed, overflow
from explorer.ui.inference.origin_state import (
    go,
    step,
    stop,
    trail,
    walk,
    walking,
    wanted,
)
from explorer.ui.inference.scene import Scene
from explorer.ui.ticker import ticker
from explorer.words import count, label, section

if TYPE_CHECKING:
    from explorer.experiments.origin.capture import Captured
    from explorer.experiments.origin.parts import Part
    from explorer.views.origin.maps import Spotted

_SHOWN_OF_TRAIL: Final = 5
_SPEEDS: Final = ("1", "2", "5", "10")


@st.fragment
def draw(scene: Scene) -> None:
    """One value, what made it and what it feeds; a step reruns nothing else."""
    # In here: what a part of a page raises never reaches the page.
    allowed(_draw, scene)


def _draw(scene: Scene) -> None:
    from explorer.experiments.origin.capture import take_apart

    if not cache.prediction(scene).finite:
        st.warning(overflow(scene), icon=":material/error:")
        return
    asked = wanted(scene)
    found = cache.captured(scene, asked.op.path)
    place = found.place(asked)
    part = take_apart(scene.network, found, place, (scene.prepared, scene.recipe))
    _way(scene, place)
    _moves(scene, found, place, part)
    parts = {
        "sum": partial(_sum, scene, found, part),
        "feeds": partial(origin_feeds.draw, scene, part),
        "toy": partial(origin_toy.draw, scene, found, part),
        "kernels": partial(origin_toy.kernels, scene),
    }
    controls.sections("origin_part", parts)


def _sum(scene: Scene, found: Captured, part: Part) -> None:
    origin_sum.draw(scene, part)
    _where(scene, found, part)


def _way(scene: Scene, place: Place) -> None:
    """Where to begin, and the steps from there to here."""
    way = trail(scene, place)
    if len(way) < 2:
        st.caption(section("origin", "lead"))
        with st.container(
            horizontal=True, gap="small", vertical_alignment="center", key="origin_begin"
        ):
            for name, text in _examples(scene).items():
                words = label(f"origin_example.{name}")
                st.button(words, key=f"origin_to_{name}", on_click=go, args=(text,))
        return
    shown = way if len(way) <= _SHOWN_OF_TRAIL + 1 else [way[0], *way[-_SHOWN_OF_TRAIL:]]
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for index, one in enumerate(shown):
            st.button(
                one.text,
                key=f"origin_way_{index}",
                type="tertiary",
                icon=":material/home:" if index == 0 else ":material/chevron_right:",
                disabled=one == place,
                on_click=go,
                args=(one.text,),
            )
            if index == 0 and len(shown) < len(way):
                # Some steps behind home are left out; their number is what the pointer reads.
                st.caption("\u2026", help=count(len(way) - len(shown), "op"), width="content")


def _examples(scene: Scene) -> dict[str, str]:
    """Values to begin with, one for each kind of sum that this network has."""
    bp = scene.blueprint
    middle = bp.blocks[len(bp.blocks) // 2]
    found = {"logit": f"fc,{cache.prediction(scene).best.index}"}
    found["convolution"] = next(op.path for op in middle.ops if op.kind == "conv")
    if added := next((op.path for op in middle.ops if op.kind == "add"), None):
        found["addition"] = added
    return found | {"stem": bp.ops[0].path, "pixel": INPUT}


def _moves(scene: Scene, found: Captured, place: Place, part: Part) -> None:
    """To the neighbours, one op back, and the walk."""
    from explorer.views.numbers import plain
    from explorer.views.origin.spots import spot

    shape = found.op.out_shape
    st.header(label("origin.shown", place=spot(place), value=plain(part.value)), anchor=False)
    source = part.sources[0].text if part.sources else None
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            label("origin.back"),
            icon=":material/undo:",
            key="origin_back",
            shortcut="B",
            disabled=source is None,
            on_click=go,
            args=(source or "",),
        )
        if len(shape) < 3 or shape[1] * shape[2] == 1:
            return
        steps = (
            ("previous", ":material/chevron_left:", (0, -1), "Left"),
            ("next", ":material/chevron_right:", (0, 1), "Right"),
            ("row_up", ":material/keyboard_arrow_up:", (-1, 0), "Shift+Left"),
            ("row_down", ":material/keyboard_arrow_down:", (1, 0), "Shift+Right"),
        )
        for name, icon, (rows, columns), shortcut in steps:
            said = label(f"origin.{name}")
            keys = shortcut.replace("Left", "\u2190").replace("Right", "\u2192")
            st.button(
                said,
                icon=icon,
                key=f"origin_{name}",
                shortcut=shortcut,
                help=f"{said} {keys}",
                on_click=go,
                args=(place.moved(rows, columns, shape).text,),
            )
        _player(place, shape)


def _player(place: Place, shape: tuple[int, ...]) -> None:
    moving = walking() is not None
    st.button(
        label("origin.stop" if moving else "origin.play"),
        icon=":material/stop:" if moving else ":material/play_arrow:",
        key="origin_play",
        shortcut="P",
        on_click=stop if moving else walk,
        args=() if moving else (place,),
    )
    speed = controls.choice(
        "origin_speed",
        _SPEEDS,
        default="2",
        kind="select",
        shown=lambda n: label("origin.per_second", n=n),
        label_visibility="collapsed",
        width=150,
    )
    if moving:
        ticker("origin_ticker", place.text, float(speed), partial(step, place, shape))


def _where(scene: Scene, found: Captured, part: Part) -> None:
    """The photograph, the map that is read and the map that is written, with the place in each."""
    from explorer.experiments.saliency import seen_region
    from explorer.views.origin.maps import Spotted, as_picture, where
    from explorer.views.origin.spots import spot

    op, place = found.op, part.place
    if len(op.out_shape) < 3 or op.out_shape[1] == 1:
        return
    size = scene.blueprint.in_shape[1]
    box = seen_region(op, place.row, place.column, size)
    pictures = [Spotted(label("origin.sees"), scene.prepared.cropped, box)]
    if op.path != INPUT:
        if part.sources and op.inputs[0] != INPUT:
            pictures.append(_read(found, part))
        values = found.output[place.channel]
        cell = (place.column, place.row, place.column + 1, place.row + 1)
        path = f"{op.path},{place.channel}"
        words = label("origin.map_read", n=place.channel, path=op.name)
        best = divmod(int(values.argmax()), values.shape[1])
        title = label("origin.walk", place=spot(place))
        pictures.append(Spotted(words, as_picture(values), cell, path, title, best))
    drawing(
        where(pictures),
        key="origin_where",
        for_all=False,
        label=section("origin", "alt of where", place=spot(place)),
        choosable=True,
        min_width=min(640, 230 * len(pictures)),
        on_choose=go,
    )


def _read(found: Captured, part: Part) -> Spotted:
    """The channel that the first source lies in, with the window over it."""
    from explorer.experiments.origin.parts import Largest, WindowMean
    from explorer.experiments.origin.sums import Convolution
    from explorer.views.origin.maps import Spotted, as_picture
    from explorer.views.origin.spots import spot

    source = part.sources[0]
    values = found.inputs[found.op.inputs.index(source.path)][source.channel]
    frame: tuple[float, float, float, float]
    if isinstance(part, (Convolution, Largest, WindowMean)):
        rows, columns = part.window.rows, part.window.columns
        height, width = values.shape
        frame = (
            max(0, columns[0]),
            max(0, rows[0]),
            min(width, columns[-1] + 1),
            min(height, rows[-1] + 1),
        )
    else:
        frame = (source.column, source.row, source.column + 1, source.row + 1)
    name = source.path.rsplit(".", 1)[-1]
    words = label("origin.map_read", n=source.channel, path=name)
    best = (source.row, source.column)
    path = f"{source.path},{source.channel}"
    return Spotted(words, as_picture(values), frame, path, spot(source), best)
