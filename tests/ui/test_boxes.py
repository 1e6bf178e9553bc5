"""Boxes that are told again hold what is drawn in them now, in its order."""

import pytest
from streamlit.testing.v1 import AppTest

PATIENCE_S = 120


def script():
    import streamlit as st

    from explorer.ui import controls
    from explorer.ui.boxes import boxes

    def make():
        st.session_state["made"] = st.session_state.get("made", 0) + 1
        with st.container(border=True):
            left, right = st.columns(2)
        first = left.container()
        return left, right, first, st.container(), st.empty()

    controls.begin()
    controls.begin_page("")
    run = st.session_state["run"] = st.session_state.get("run", 0) + 1
    left, right, first, below, slot = boxes("two", make)
    with left:
        for number in range(run % 3):
            st.markdown(f"left {number} of run {run}")
    right.markdown(f"right of run {run}")
    with first:
        st.markdown(f"first of run {run}")
    slot.markdown(f"slot of run {run}")
    with below, st.container():
        st.markdown(f"below of run {run}")


@pytest.mark.parametrize("runs", [1, 2, 3, 4, 5, 6])
def test_what_is_drawn_in_boxes_stands_where_it_would(runs):
    app = AppTest.from_function(script, default_timeout=PATIENCE_S)
    for _ in range(runs):
        app.run()
    assert not app.exception
    # The first run takes what the link says, the second is kept.
    assert app.session_state["made"] == min(runs, 2)
    lefts = [f"left {number} of run {runs}" for number in range(runs % 3)]
    left, right = app.columns
    assert [one.value for one in left.markdown] == [f"first of run {runs}", *lefts]
    assert [one.value for one in right.markdown] == [f"right of run {runs}"]
    others = [one.value for one in app.main.markdown][2 + len(lefts) :]
    assert others == [f"below of run {runs}", f"slot of run {runs}"]
