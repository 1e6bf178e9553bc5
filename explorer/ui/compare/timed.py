"""How long both networks take for an image, measured by turns when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.architecture import Blueprint, NetworkSpec, blueprint
from explorer.architecture.image_size import ImageSize, sides
from explorer.experiments import work
from explorer.experiments.work import TooMuch, Work
from explorer.ui import controls, gate
from explorer.ui.budget import kept
from explorer.ui.cache import network_of, usable_device
from explorer.ui.compare.sides import Sides
from explorer.ui.picker import Choice
from explorer.views.numbers import duration
from explorer.words import label, section

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from explorer.experiments.race import Timed

_ROUNDS: Final = (9, 3)
"""Passes of each that are measured; fewer where the server allows less."""


def draw(choice: Choice, both: Sides) -> None:
    """The times, once they are asked for; why not, where the server does not run them."""
    left, right = both.one.left, both.one.right
    networks = (left.spec, left.image_size, right.spec, right.image_size)
    asked = st.session_state.get("compare_timed_of") == networks
    if asked:
        ready = _ask(left, right, False)
    else:
        ready = controls.drawn_again("compare_time", networks, lambda: _ask(left, right, True))
    if ready is None:
        return
    rounds, place = ready
    st.session_state["compare_timed_of"] = networks
    device = usable_device(choice.device)
    bar = place.progress(0.0, section("compare", "timing goes on", share=0.0))

    def tell(share: float) -> None:
        bar.progress(share, section("compare", "timing goes on", share=share))

    try:
        found = _measured(*networks, device.id, rounds, tell)
    except TooMuch as problem:
        place.empty()
        gate.refused(problem)
        return
    place.empty()
    _show(both, found, device.label)


def _ask(left: Blueprint, right: Blueprint, button: bool) -> tuple[int, DeltaGenerator] | None:
    """The passes to measure and the place for what they say; None where none are to be."""
    st.header(label("compare_timed.title"), anchor="measured")
    try:
        rounds = _rounds(left, right)
    except TooMuch as problem:
        gate.refused(problem)
        return None
    place = st.empty()
    if button and not place.button(
        label("compare_timed.measure"),
        key="compare_time",
        icon=":material/timer:",
        help=section("compare", "timing", rounds=rounds),
    ):
        return None
    return rounds, place


def _rounds(left: Blueprint, right: Blueprint) -> int:
    """The most passes that this server allows.

    Raises:
        TooMuch: not even the fewest.
    """
    for rounds in _ROUNDS[:-1]:
        try:
            gate.check(_work(left, right, rounds))
        except TooMuch:
            continue
        return rounds
    gate.check(_work(left, right, _ROUNDS[-1]))
    return _ROUNDS[-1]


def _work(left: Blueprint, right: Blueprint, rounds: int) -> Work:
    one, other = (work.forward(bp, passes=rounds + 1) for bp in (left, right))
    weights = one.weights + other.weights
    return Work(one.macs + other.macs, one.memory + other.memory, weights)


def _to_measure(
    left: NetworkSpec,
    left_size: ImageSize,
    right: NetworkSpec,
    right_size: ImageSize,
    device: str,
    rounds: int,
    *_: object,
) -> AbstractContextManager[None]:
    return gate.place(_work(blueprint(left, left_size), blueprint(right, right_size), rounds))


@kept(place=_to_measure)
def _measured(
    left: NetworkSpec,
    left_size: ImageSize,
    right: NetworkSpec,
    right_size: ImageSize,
    device: str,
    rounds: int,
    _told: Callable[[float], object],
) -> tuple[Timed, ...]:
    import torch

    from explorer.experiments.race import race

    runners = []
    for spec, size in ((left, left_size), (right, right_size)):
        generator = torch.Generator().manual_seed(0)
        x = torch.randn(1, spec.in_channels, *sides(size), generator=generator)
        runners.append((network_of(spec, device), x.to(device)))
    return race(runners, rounds, _told)


def _show(both: Sides, found: tuple[Timed, ...], device: str) -> None:
    left, right = found
    macs = both.one.right.macs / both.one.left.macs
    told: dict[str, Any] = {
        "left": both.titles.left,
        "right": both.titles.right,
        "left_time": duration(left.median),
        "right_time": duration(right.median),
        "times": f"{right.median / left.median:.2f}",
        "macs": f"{macs:.2f}",
    }
    st.markdown(
        section("compare", "timed apart" if left.apart_from(right) else "timed alike", **told)
    )
    rows = [
        {
            "network": title,
            "median": f"{1e3 * one.median:.2f}",
            "middle": f"{1e3 * one.quartiles[0]:.2f} – {1e3 * one.quartiles[1]:.2f}",
            "range": f"{1e3 * min(one.seconds):.2f} – {1e3 * max(one.seconds):.2f}",
            "rate": f"{bp.macs / one.median / 1e9:,.1f}",
        }
        for title, one, bp in zip(both.titles, found, (both.one.left, both.one.right), strict=True)
    ]
    columns = {
        name: st.column_config.TextColumn(
            label(f"compare_timed.{name}"), alignment="left" if name == "network" else "right"
        )
        for name in rows[0]
    }
    st.dataframe(rows, hide_index=True, width="stretch", column_config=columns)
    st.caption(section("compare", "timed how", rounds=len(left.seconds), device=device))
