"""What Streamlit asks itself in every run, answered in less time and to the same effect."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any

from streamlit.cursor import Cursor, SparseList
from streamlit.navigation.page import Page
from streamlit.runtime.state.common import is_element_id, unpack_widget_state_value
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import (
    Serialized,
    Value,
    WStates,
    _is_internal_key,
)
from streamlit.util import calc_hash

_cursors: Any = Cursor
_states: Any = SafeSessionState
_pages: Any = Page
_all_told: Any = WStates


def begin() -> None:
    """To be called once, before the first visitor."""
    _ask_for_one_value()
    _hash_pages_once()
    _copy_places()
    _read_values()


class OneByOne(Mapping[str, Any]):
    """What a visitor's session holds, looked up by key.

    Selects, sliders, and fields for text and numbers ask whether one key is there, and Streamlit
    would put all of them together for each: a third of a millisecond, more with every control.
    """

    def __init__(self, state: Any, everything: Any) -> None:
        self._state, self._everything = state, everything

    def __getitem__(self, key: str) -> Any:
        if not isinstance(key, str) or is_element_id(key) or _is_internal_key(key):
            raise KeyError(key)
        with self._state._lock:
            return self._state._state[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._everything(self._state))

    def __len__(self) -> int:
        return len(self._everything(self._state))

    def __str__(self) -> str:
        return str(self._everything(self._state))


def _ask_for_one_value() -> None:
    everything: Any = SafeSessionState.__dict__["filtered_state"].fget
    if everything.__module__ != __name__:

        def filtered_state(state: Any) -> Mapping[str, Any]:
            return OneByOne(state, everything)

        _states.filtered_state = property(filtered_state)


def _hash_pages_once() -> None:
    """A page is known by the hash of its path, which is looked up some fifty times in a run."""
    hashed: Any = Page.__dict__["_script_hash"].fget
    if hashed.__module__ == __name__:
        return
    of_path = lru_cache(maxsize=256)(calc_hash)

    def script_hash(page: Any) -> str:
        return of_path(page._url_path)

    _pages._script_hash = property(script_hash)


def _read_values() -> None:
    """Read what a browser tells of each control with each click. Streamlit makes a new description
    of the control each time, to note as what its value came: mostly as it always does."""
    read: Any = WStates.__getitem__
    if read.__module__ == __name__:
        return

    def value(states: Any, control: str) -> Any:
        told, known = states.states.get(control), states.widget_metadata.get(control)
        if not isinstance(told, Serialized) or known is None:
            return read(states, control)
        if told.value.WhichOneof("value") != known.value_type:
            return read(states, control)
        found = known.deserializer(unpack_widget_state_value(told.value))
        states.states[control] = Value(found)
        return found

    _all_told.__getitem__ = value


def _copy_places() -> None:
    """Copy a place on a page as what it is: numbers, and what passes there (a spinner). Streamlit
    copies those of a part of a page when it is told of it and whenever it runs, member by member:
    a tenth of what a run of the smallest part takes."""

    def copied(place: Any, memo: dict[int, Any]) -> Any:
        made = object.__new__(type(place))
        vars(made).update(vars(place))
        passing = place._transient_elements
        made._transient_elements = deepcopy(passing, memo) if len(passing) else SparseList()
        return made

    _cursors.__deepcopy__ = copied
