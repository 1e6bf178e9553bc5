"""Measured at initialisation, in front of the reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final, TypeVar

import streamlit as st

from explorer.experiments.work import Work
from explorer.ui import chart, controls, gate, navigation, picker, signals
from explorer.ui.budget import Kept, kept
from explorer.ui.cache import usable_device
from explorer.views import depth_charts, stack_charts
from explorer.views.numbers import from_to
from explorer.words import count, label, section

if TYPE_CHECKING:
    from explorer.experiments.learning_identity import IdentityResult
    from explorer.experiments.shattered import Likeness

R = TypeVar("R")
Progress = Callable[[float], object]

_IDENTITY_STEPS: Final = 150
_WORK: Final = Work(33 * 10**9, 64 * 2**20)
"""Of each experiment: some 33 GMACs (likeness) and 21 (identity), on small matrices."""


def draw() -> None:
    """Three experiments, the first one at once, the others when their button is pressed."""
    _gradients()
    left, right = st.columns(2, gap="large")
    with left:
        _likeness()
    with right:
        _identity()


def _gradients() -> None:
    st.header(label("why_initialisation.gradients"), anchor=False)
    layers = int(controls.choice("why_depth", signals.DEPTHS, shown=str))
    found = signals.of_depth(layers, usable_device(picker.current().device).id)
    if found is None:
        return
    lines = {net: signal.gradients for net, signal in found.items()}
    figure = chart.drawn(depth_charts.by_depth, lines, "gradient_of_conv1")
    alt = label("why_alt.gradients", ends=depth_charts.told(lines))
    chart.show(figure, key="why_gradients", alt=alt)
    st.write(section("why_residual", "initialisation"))
    st.page_link(
        navigation.page_of("batch_norm"),
        label=label("why_initialisation.forward", layers=count(layers, "layer")),
        icon=":material/equalizer:",
        query_params=controls.carried("batch_norm")
        | {"bn_section": ["depth"], "bn_depth": [str(layers)]},
    )


def _likeness() -> None:
    st.header(label("why_initialisation.likeness"), anchor=False)
    st.write(section("why_residual", "likeness"))
    found = _computed("why_run_likeness", _measure_likeness)
    if found is None:
        return
    from explorer.experiments.shattered import theory

    measured: dict[str, tuple[float, ...]] = {str(kind): row for kind, row in found.by_kind.items()}
    lines: dict[str, list[float | None]] = {
        kind: [theory(kind, depth) for depth in found.depths]
        for kind in found.by_kind
        if kind != "plain_with_bn"  # the same line as the plain network's
    }
    figure = chart.drawn(stack_charts.likeness, found.depths, measured, lines)
    chart.show(figure, key="why_likeness", alt=_told("likeness", found.depths, measured))


def _identity() -> None:
    st.header(label("why_initialisation.identity"), anchor=False)
    from explorer.experiments.learning_identity import RATES

    st.write(section("why_residual", "identity", rates=len(RATES), steps=_IDENTITY_STEPS))
    found = _computed("why_run_identity", _learn_identity)
    if found is not None:
        errors: dict[str, tuple[float, ...]] = {
            str(kind): row for kind, row in found.by_kind.items()
        }
        figure = chart.drawn(stack_charts.identity, found.depths, errors)
        chart.show(figure, key="why_identity", alt=_told("identity", found.depths, errors))


def _told(what: str, depths: Sequence[int], by_kind: Mapping[str, Sequence[float]]) -> str:
    """For a screen reader: the values at the smallest and the greatest depth."""
    ends = from_to({stack_charts.stack_name(kind): values for kind, values in by_kind.items()})
    return label(f"why_alt.{what}", shallow=depths[0], deep=depths[-1], ends=ends)


def _computed(key: str, measure: Kept[..., R]) -> R | None:
    """What `measure` finds, once it was asked for; found once for all visitors."""
    if not measure.has():
        place = st.empty()
        if not place.button(label(f"why_initialisation.{key}"), key=key):
            return None
        bar = place.progress(0.0, label("why_initialisation.begins"))

        def tell(share: float) -> None:
            bar.progress(share, label("why_initialisation.goes_on", share=share))

        measure(tell)
        place.empty()
    return measure()


def _a_place(*_: Progress) -> AbstractContextManager[None]:
    return gate.place(_WORK)


@kept(place=_a_place)
def _measure_likeness(_progress: Progress = lambda share: None) -> Likeness:
    from explorer.experiments.shattered import likeness

    return likeness(progress=_progress)


@kept(place=_a_place)
def _learn_identity(_progress: Progress = lambda share: None) -> IdentityResult:
    from explorer.experiments.learning_identity import learn_identity

    return learn_identity((2, 4, 8, 16), _IDENTITY_STEPS, _progress)
