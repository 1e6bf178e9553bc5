"""The sidebar's choice, changed by what stands elsewhere: a page's button, a stop of the lesson."""

from contextlib import suppress
from typing import Final

import streamlit as st
from streamlit.errors import StreamlitAPIException

from explorer.architecture import PRESETS, NetworkSpec
from explorer.architecture.alignment import differing_fields
from explorer.ui import controls
from explorer.ui.fields import CHOICES, FIELDS, SWITCHES, written
from explorer.ui.picker.choice import CHOSEN, FIRST, STATE

_TAKE: Final = "network_to_take"


def switch_to(name: str) -> None:
    """Choose a named network in the sidebar, as it is named; for a button's callback."""
    controls.put("net", name, FIRST)
    as_named()


def as_named() -> None:
    """Leave the network as it is named, in a callback."""
    if controls.held("net") != st.session_state[STATE].name:
        st.session_state[CHOSEN] = True
    # A link's family would contradict the network that is chosen now.
    if "family" in st.query_params:
        del st.query_params["family"]
    for field in (*FIELDS, "image_size"):
        if field in CHOICES or field in SWITCHES:
            controls.put(field, None)
        elif st.session_state.get(field) is not None:
            st.session_state[field] = None


def take(spec: NetworkSpec, side: int | None = None) -> None:
    """Make this network the sidebar's choice when it is drawn next: the named one that differs
    least, and what differs, at this image size (the named one's if None)."""
    st.session_state[_TAKE] = (spec, side)


def nearest(spec: NetworkSpec) -> str:
    """The named network that a spec differs from in the fewest choices."""
    return min(PRESETS, key=lambda name: len(differing_fields(spec, PRESETS[name].spec)))


def take_now() -> None:
    """Let what `take` was given last be the choice, before the sidebar is drawn."""
    taken = st.session_state.pop(_TAKE, None)
    if taken is None:
        return
    spec, side = taken
    name = nearest(spec)
    base = PRESETS[name].spec
    controls.put("net", name, FIRST)
    if "family" in st.query_params:
        del st.query_params["family"]
    for field in (*FIELDS, "image_size"):
        if field == "image_size":
            wanted = None if side in (None, PRESETS[name].image_size) else str(side)
        else:
            same = getattr(spec, field) == getattr(base, field)
            wanted = None if same else written(field, spec)
        if field in CHOICES or field in SWITCHES:
            controls.put(field, wanted)
        else:
            st.session_state[field] = wanted
            _in_the_address(field, wanted)
    st.session_state[CHOSEN] = True


def _in_the_address(field: str, wanted: str | None) -> None:
    """What was set for a control that Streamlit binds; the browser writes only what was typed."""
    with suppress(StreamlitAPIException):  # it is drawn at this moment
        if wanted is not None:
            st.query_params[field] = wanted
        elif field in st.query_params:
            del st.query_params[field]


def forget_changes() -> None:
    """Leave the network as it is named, before the sidebar is drawn for an address that says so.

    Only for what Streamlit binds: what stands in the sidebar would win over the new address.
    """
    for field in (*FIELDS, "image_size"):
        if field not in CHOICES and field not in SWITCHES and st.session_state.get(field):
            st.session_state[field] = None
