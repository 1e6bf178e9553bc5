"""Streamlit's own questions to itself, answered in less time: the answers stay."""

from copy import deepcopy

import pytest
from streamlit.cursor import Cursor, LockedCursor, RunningCursor
from streamlit.navigation.page import Page
from streamlit.runtime.state import SafeSessionState, SessionState
from streamlit.testing.v1 import AppTest

from explorer.ui.server import quick

PATIENCE_S = 120


@pytest.fixture(autouse=True)
def undone(monkeypatch):
    monkeypatch.setattr(SafeSessionState, "filtered_state", SafeSessionState.filtered_state)
    monkeypatch.setattr(Page, "_script_hash", Page._script_hash)
    # Set and taken away again: there is none before.
    monkeypatch.setattr(Cursor, "__deepcopy__", None, raising=False)
    monkeypatch.delattr(Cursor, "__deepcopy__")


def asked():
    """A page whose session holds widgets with a key, without one, values, and nothing."""
    import streamlit as st
    from streamlit.runtime.state import get_session_state

    st.session_state["mine"] = 1
    st.session_state.setdefault("empty", None)
    st.selectbox("select", ["a", "b"], key="select", index=None)
    st.slider("slider", 0, 9, 4, key="slider")
    st.text_input("text", key="text")
    st.checkbox("without a key")
    state = get_session_state().filtered_state
    every = sorted(state)
    st.session_state["told"] = {
        key: (key in state, state.get(key, "none"), key in state and state[key] is None)
        for key in ("mine", "empty", "select", "slider", "text", "unknown", "", "$$ID-x-None")
    }
    st.session_state["all"] = every


def test_one_value_is_what_all_together_say():
    def told(change=False):
        app = AppTest.from_function(asked, default_timeout=PATIENCE_S).run()
        if change:
            app.selectbox(key="select").set_value("b")
            app.slider(key="slider").set_value(7)
            app.run()
        assert not app.exception
        return app.session_state["told"], app.session_state["all"]

    before, changed = told(), told(change=True)
    quick.begin()
    assert isinstance(SafeSessionState(SessionState(), lambda: None).filtered_state, quick.OneByOne)
    assert told() == before
    assert told(change=True) == changed
    assert changed[0]["select"] == (True, "b", False)
    assert changed[0]["unknown"] == (False, "none", False)


def hashed():
    """A page that tells by which hashes others are known."""
    import streamlit as st

    paths = ("lesson", "quiz", "lesson", "two_words")
    pages = [st.Page(print, url_path=path) for path in paths]
    st.session_state["hashes"] = [page._script_hash for page in pages]


def test_a_page_has_the_hash_that_streamlit_gives_it():
    def told():
        app = AppTest.from_function(hashed, default_timeout=PATIENCE_S).run()
        assert not app.exception
        return app.session_state["hashes"]

    before = told()
    quick.begin()
    assert Page._script_hash.fget.__module__ == quick.__name__
    assert told() == before
    assert len(set(before)) == 3


def told_of(place):
    """All that a place on a page holds."""
    own = dict(vars(place))
    passing = list(own.pop("_transient_elements").items())
    return type(place), own, passing


def test_a_copied_place_is_one_of_its_own():
    running = RunningCursor(0, (1, 2))
    running.lock_element()
    running.get_transient_cursor()
    running.transient_elements[0] = ["a spinner"]
    places = {"main": running, "locked": LockedCursor(1, (3,), 4), "new": RunningCursor(2)}
    as_ever = deepcopy(places)
    quick.begin()
    copies = deepcopy(places)
    for name, place in places.items():
        assert copies[name] is not place
        assert told_of(copies[name]) == told_of(as_ever[name]) == told_of(place)
    copies["main"].transient_elements[0].append("another")
    copies["main"].transient_elements[1] = ["more"]
    copies["new"].transient_elements[0] = ["of the copy"]
    copies["main"].lock_element()
    copies["new"].open_block()
    for name, place in places.items():
        assert told_of(place) == told_of(as_ever[name])
    assert copies["main"].delta_path == [0, 1, 2, 2]


def test_streamlits_places_hold_what_is_copied_here():
    """Numbers and tuples of them, beside what passes; another version may add to them."""
    held = {name: type(value) for name, value in vars(RunningCursor(0, (1,), 2)).items()}
    assert held.pop("_transient_elements").__name__ == "SparseList"
    assert set(held.values()) == {int, tuple}
