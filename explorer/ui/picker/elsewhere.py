"""The sidebar's choice, changed by what stands elsewhere: a page's button, a stop of the lesson."""

from typing import Final

import streamlit as st

from explorer.architecture import PRESETS, NetworkSpec
from explorer.architecture.alignment import differing_fields
from explorer.architecture.choices import CHOICES, SWITCHES
from explorer.architecture.image_size import ImageSize, short_text
from explorer.ui import controls
from explorer.ui.fields import FIELDS, written
from explorer.ui.picker.choice import CHOSEN, FIRST, STATE, entry_of

TAKE: Final = "network_to_take"


def switch_to(name: str) -> None:
    """Choose a named network in the sidebar, as it is named; for a button's callback."""
    with controls.one_step():
        controls.put("net", name, FIRST)
        as_named()


def as_named() -> None:
    """Leave the network as it is named, in a callback."""
    if controls.held("net") != st.session_state[STATE].name:
        st.session_state[CHOSEN] = True
    with controls.one_step():
        # A link's family would contradict the network that is chosen now.
        controls.say("family", ())
        for field in (*FIELDS, "image_size"):
            if field in CHOICES or field in SWITCHES or st.session_state.get(field) is not None:
                _put_field(field, None)


def take(spec: NetworkSpec, size: ImageSize | None = None) -> None:
    """Make this network the sidebar's choice when it is drawn next: the named one that differs
    least, and what differs, at this image size (the named one's if None)."""
    st.session_state[TAKE] = (spec, size)


def nearest(spec: NetworkSpec) -> str:
    """The named network that a spec differs from in the fewest choices."""
    return min(PRESETS, key=lambda name: len(differing_fields(spec, PRESETS[name].spec)))


def take_now() -> None:
    """Let what `take` was given last be the choice, before the sidebar is drawn."""
    taken = st.session_state.pop(TAKE, None)
    if taken is not None:
        spec, size = taken
        put(nearest(spec), spec, size)


def put(name: str, spec: NetworkSpec, size: ImageSize | None = None) -> None:
    """Choose in the sidebar what `spec` has, as changes of the network of this name, at this
    image size (the named one's if None); for a button's callback."""
    base = entry_of(name)
    with controls.one_step():
        controls.put("net", name, FIRST)
        controls.say("family", ())
        for field in (*FIELDS, "image_size"):
            if field == "image_size":
                wanted = None if size in (None, base.image_size) else short_text(size)
            else:
                same = getattr(spec, field) == getattr(base.spec, field)
                wanted = None if same else written(field, spec)
            _put_field(field, wanted)
    st.session_state[CHOSEN] = True


def _put_field(field: str, wanted: str | None) -> None:
    if field in CHOICES or field in SWITCHES:
        controls.put(field, wanted)
    else:
        st.session_state[field] = wanted
        controls.say(field, () if wanted is None else (wanted,))


def forget_changes() -> None:
    """Leave the network as it is named, before the sidebar is drawn for an address that says so.

    Only for what Streamlit binds: what stands in the sidebar would win over the new address.
    """
    for field in (*FIELDS, "image_size"):
        if field not in CHOICES and field not in SWITCHES and st.session_state.get(field):
            st.session_state[field] = None
