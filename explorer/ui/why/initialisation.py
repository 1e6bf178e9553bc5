"""Measured at initialisation, in front of the reader."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

import streamlit as st

from explorer.ui import chart, picker
from explorer.ui.batch_norm import depth as depth_of_signal
from explorer.ui.cache import usable_device
from explorer.views import depth_charts, why_charts
from explorer.words import section

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
    st.subheader("Gradients, block by block", anchor=False)
    layers = st.segmented_control(
        "Layers",
        ["20", "56", "110"],
        default="20",
        required=True,
        key="why_depth",
        bind="query-params",
        persist_state="session",
    )
    st.write(section("why_residual", "initialisation"))
    found = depth_of_signal.compute(int(layers), usable_device(picker.current().device).id)
    lines = {net: signal.gradients for net, signal in found.items()}
    figure = depth_charts.by_depth(lines, "gradient_of_conv1")
    chart.show(figure, key="why_gradients", alt="Gradient norm by block")
    from explorer.experiments.signal import REFERENCE

    reference = {net: REFERENCE[int(layers), *net] for net in found}
    st.markdown(depth_charts.table(found, reference))


def _likeness() -> None:
    st.subheader("How alike are the gradients of two inputs?", anchor=False)
    st.write(section("why_residual", "likeness"))
    found = _computed("why_run_likeness", "Measure it (about 10 s)", _measure_likeness)
    if found is None:
        return
    from explorer.experiments.shattered import theory

    lines = {str(kind): [theory(kind, depth) for depth in found.depths] for kind in found.by_kind}
    del lines["plain with BN"]  # the same line as the plain network's
    measured = {str(kind): values for kind, values in found.by_kind.items()}
    figure = why_charts.likeness(found.depths, measured, lines)
    chart.show(figure, key="why_likeness", alt="Correlation of gradients by depth")


def _identity() -> None:
    st.subheader("Learning y = x", anchor=False)
    from explorer.experiments.learning_identity import RATES

    st.write(section("why_residual", "identity", rates=len(RATES), steps=_IDENTITY_STEPS))
    found = _computed("why_run_identity", "Train them (about 20 s)", _learn_identity)
    if found is not None:
        errors = {str(kind): values for kind, values in found.by_kind.items()}
        figure = why_charts.identity(found.depths, errors)
        chart.show(figure, key="why_identity", alt="Error of learning the identity by depth")


def _computed(key: str, label: str, measure: Callable[[Callable[[float], object]], Any]) -> Any:
    """What `measure` finds, once it was asked for; found once for all sessions."""
    known = _found()
    if key not in known:
        place = st.empty()
        if not place.button(label, key=key):
            return None
        bar = place.progress(0.0, "Measuring …")
        _once(key, lambda: measure(lambda share: bar.progress(share, f"Measuring … {share:.0%}")))
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
