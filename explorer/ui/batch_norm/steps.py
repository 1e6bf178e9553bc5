"""Section 1: the four steps on a batch that can be checked by hand."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.experiments.batch_norm.steps import MAX_VALUES, Steps, parse_values, steps
from explorer.ui import chart, controls
from explorer.ui.batch_norm.controls import epsilon, gamma_and_beta
from explorer.ui.budget import kept
from explorer.ui.drawn_once import drawn_once
from explorer.views.batch_norm.formulas import formulas
from explorer.views.batch_norm.steps import journey, table
from explorer.views.numbers import plain
from explorer.words import WordedError, label, section

if TYPE_CHECKING:
    from explorer.experiments.batch_norm.in_torch import Check

START: Final = "2, 4, 4, 4, 5, 5, 7, 9"
_LAST: Final = "bn_last_batch"
_HELD: Final = ("size", "gamma", "beta", "eps", "row")


def draw() -> None:
    """Table, controls and formulas first; torch's column when torch is there."""
    numbers, chosen, written = st.container(key="bn_steps").columns([7, 3.3, 6.7], gap="medium")
    with numbers:
        text = st.text_input(
            label("bn_values.label"), START, max_chars=200, key="bn_values", **controls.BOUND
        )
        complaint, slot, said = st.empty(), st.empty(), st.empty()
    with chosen:
        size, gamma, beta, eps, row = controls.drawn_again("bn_step_controls", (), _controls, _held)
    result = _batch(text, size, gamma, beta, eps, complaint)
    row = min(row, len(result.values)) - 1
    # Importing torch takes seconds once: the table is there before, and waits for its column.
    if "torch" not in sys.modules:
        with slot.container():
            _table(result, None, repr(result))
    with written:
        _formulas(result, row, repr(result))
    undo_gamma, undo_beta = map(plain, result.undoing)
    st.markdown(section("batch_norm", "after the four steps", gamma=undo_gamma, beta=undo_beta))
    _check(result, slot, said)


def _controls() -> tuple[int, float, float, float, int]:
    size = st.slider(label("bn_size.label"), 1, MAX_VALUES, 8, key="bn_size", **controls.BOUND)
    (gamma, beta), eps = gamma_and_beta(), epsilon()
    row = st.slider(label("bn_row.label"), 1, MAX_VALUES, 1, key="bn_row", **controls.BOUND)
    return size, gamma, beta, eps, row


def _held() -> tuple[int, float, float, float, int]:
    size, gamma, beta, eps, row = controls.all_held(f"bn_{name}" for name in _HELD)
    return size, gamma, beta, float(eps), row


def _batch(
    text: str, size: int, gamma: float, beta: float, eps: float, complaint: DeltaGenerator
) -> Steps:
    """The steps of what is typed, or of the last good batch and a sentence that says why."""
    try:
        typed = parse_values(text)
        result = steps(typed[:size], gamma, beta, eps)
        st.session_state[_LAST] = (result.values, eps)
        if len(typed) != size:
            complaint.caption(
                section("batch_norm", "cut", typed=len(typed), taken=len(result.values))
            )
        return result
    except WordedError as problem:
        complaint.error(section("batch_norm", "bad batch", why=problem))
        values, eps = st.session_state.get(_LAST, (parse_values(START), 1e-5))
        return steps(values, gamma, beta, eps)


@drawn_once
def _formulas(result: Steps, row: int, _exactly: str) -> None:
    for formula in formulas(result, row):
        st.latex(formula)
    picture = chart.drawn(journey, result, row)
    chart.show(picture, "bn_journey", alt=label("bn_alt.journey"))


@drawn_once
def _table(result: Steps, outputs: tuple[float, ...] | None, _exactly: str) -> None:
    """`_exactly` tells -0 from 0, which are the same and are written otherwise."""
    st.table(table(result, outputs))


@kept
def _checked(exactly: str, _result: Steps) -> Check:
    from explorer.experiments.batch_norm.in_torch import check

    return check(_result)


def _check(result: Steps, slot: DeltaGenerator, said: DeltaGenerator) -> None:
    agreement = _checked(repr(result), result)
    with slot.container():
        _table(result, agreement.outputs, repr((result, agreement.outputs)))
    if agreement.refusal:
        said.warning(section("batch_norm", "one value", refusal=agreement.refusal))
        return
    differences = {
        "double": plain(agreement.difference),
        "single": plain(agreement.difference_float32),
    }
    said.caption(section("batch_norm", "checked with torch", **differences))
