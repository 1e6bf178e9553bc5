"""Measured at initialisation, in front of the reader."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

import streamlit as st

from explorer.ui import chart, controls, picker, signals
from explorer.ui.cache import usable_device
from explorer.views import depth_charts, why_charts
from explorer.words import label, section

if TYPE_CHECKING:
    from explorer.experiments.learning_identity import IdentityResult
    from explorer.experiments.shattered import Likeness

_IDENTITY_STEPS = 150


def draw() -> None:
    """Three experiments, the first one at once, the others when their button is pressed."""
    _gradients()
    left, right = st.columns(2, gap="large")
    with left:
        _likeness()
    with right:
        _identity()


def _gradients() -> None:
    st.subheader(label("why_initialisation.gradients"), anchor=False)
    layers = int(controls.choice("why_depth", signals.DEPTHS, shown=str))
    st.write(section("why_residual", "initialisation"))
    found = signals.of_depth(layers, usable_device(picker.current().device).id)
    lines = {net: signal.gradients for net, signal in found.items()}
    figure = depth_charts.by_depth(lines, "gradient_of_conv1")
    chart.show(figure, key="why_gradients", alt=label("why_alt.gradients"))
    from explorer.experiments.signal import REFERENCE

    reference = {net: REFERENCE[layers, *net] for net in found}
    st.markdown(depth_charts.table(found, reference))


def _likeness() -> None:
    st.subheader(label("why_initialisation.likeness"), anchor=False)
    st.write(section("why_residual", "likeness"))
    found = _computed("why_run_likeness", _measure_likeness)
    if found is None:
        return
    from explorer.experiments.shattered import theory

    lines = {
        _stack(kind): [theory(kind, depth) for depth in found.depths]
        for kind in found.by_kind
        if kind != "plain_with_bn"  # the same line as the plain network's
    }
    measured = {_stack(kind): values for kind, values in found.by_kind.items()}
    figure = why_charts.likeness(found.depths, measured, lines)
    chart.show(figure, key="why_likeness", alt=label("why_alt.likeness"))


def _identity() -> None:
    st.subheader(label("why_initialisation.identity"), anchor=False)
    from explorer.experiments.learning_identity import RATES

    st.write(section("why_residual", "identity", rates=len(RATES), steps=_IDENTITY_STEPS))
    found = _computed("why_run_identity", _learn_identity)
    if found is not None:
        errors = {_stack(kind): values for kind, values in found.by_kind.items()}
        figure = why_charts.identity(found.depths, errors)
        chart.show(figure, key="why_identity", alt=label("why_alt.identity"))


def _stack(kind: str) -> str:
    """What a kind of stack of layers is called."""
    return label(f"why_stack.{kind}")


def _computed(key: str, measure: Callable[[Callable[[float], object]], Any]) -> Any:
    """What `measure` finds, once it was asked for; found once for all sessions."""
    known = _found()
    if key not in known:
        place = st.empty()
        if not place.button(label(f"why_initialisation.{key}"), key=key):
            return None
        bar = place.progress(0.0, label("why_initialisation.begins"))

        def tell(share: float) -> None:
            bar.progress(share, label("why_initialisation.goes_on", share=share))

        _once(key, lambda: measure(tell))
        place.empty()
    return known[key]


def _once(key: str, compute: Callable[[], Any]) -> Any:
    """What `compute` returns; of two who ask at once, the second waits for what the first finds."""
    known = _found()
    with _one_at_a_time():
        if key not in known:
            known[key] = compute()
    return known[key]


@st.cache_resource
def _found() -> dict[str, Any]:
    return {}


@st.cache_resource
def _one_at_a_time() -> Lock:
    return Lock()


def _measure_likeness(progress: Callable[[float], object]) -> Likeness:
    from explorer.experiments.shattered import likeness

    return likeness(progress=progress)


def _learn_identity(progress: Callable[[float], object]) -> IdentityResult:
    from explorer.experiments.learning_identity import learn_identity

    return learn_identity((2, 4, 8, 16), _IDENTITY_STEPS, progress)
