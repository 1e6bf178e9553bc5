"""Section 1: the four steps on a batch that can be checked by hand."""

import sys
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.experiments.batch_norm.steps import MAX_VALUES, BadValue, Steps, parse_values, steps
from explorer.ui import chart
from explorer.ui.batch_norm.controls import epsilon, gamma_and_beta
from explorer.ui.kept import KEPT
from explorer.views.batch_norm.formulas import formulas
from explorer.views.batch_norm.steps import journey, table
from explorer.views.numbers import plain
from explorer.words import quoted, section

START: Final = "2, 4, 4, 4, 5, 5, 7, 9"
_LAST: Final = "bn_last_batch"


def draw() -> None:
    """Table, controls and formulas first; torch's column when torch is there."""
    numbers, controls, written = st.columns([7, 3.3, 6.7], gap="medium")
    with numbers:
        text = st.text_input("Values of one channel", START, max_chars=200, key="bn_values", **KEPT)
        complaint, slot, said = st.empty(), st.empty(), st.empty()
    with controls:
        size = st.slider("Batch size m", 1, MAX_VALUES, 8, key="bn_size", **KEPT)
        gamma, beta = gamma_and_beta()
        eps = epsilon()
        row = st.slider("Value to follow", 1, MAX_VALUES, 1, key="bn_row", **KEPT)
    result = _batch(text, size, gamma, beta, eps, complaint)
    row = min(row, len(result.values)) - 1
    # Importing torch takes seconds once: the table is there before, and waits for its column.
    if "torch" not in sys.modules:
        slot.table(table(result, None))
    with written:
        for formula in formulas(result, row):
            st.latex(formula)
        picture = journey(result, row)
        chart.show(picture, "bn_journey", alt="Every value before and after each step")
    undo_gamma, undo_beta = map(plain, result.undoing)
    st.markdown(section("batch_norm", "After the four steps", gamma=undo_gamma, beta=undo_beta))
    _check(result, slot, said)


def _batch(
    text: str, size: int, gamma: float, beta: float, eps: float, complaint: DeltaGenerator
) -> Steps:
    """The steps of what is typed, or of the last good batch and a sentence that says why."""
    try:
        typed = parse_values(text)
        result = steps(typed[:size], gamma, beta, eps)
        st.session_state[_LAST] = (result.values, eps)
        if len(typed) != size:
            complaint.caption(f"{len(typed)} typed; the batch is the first {len(result.values)}.")
        return result
    except ValueError as problem:
        why = str(problem)
        if isinstance(problem, BadValue):
            why = f"{quoted(problem.word)} {problem.why}"
        complaint.error(f"{why}. The last batch that works is on screen.")
        values, eps = st.session_state.get(_LAST, (parse_values(START), 1e-5))
        return steps(values, gamma, beta, eps)


def _check(result: Steps, slot: DeltaGenerator, said: DeltaGenerator) -> None:
    from explorer.experiments.batch_norm.in_torch import check

    agreement = check(result)
    slot.table(table(result, agreement.outputs))
    if agreement.refusal:
        said.warning(section("batch_norm", "One value", refusal=agreement.refusal))
        return
    differences = {
        "double": plain(agreement.difference),
        "single": plain(agreement.difference_float32),
    }
    said.caption(section("batch_norm", "Checked with torch", **differences))
