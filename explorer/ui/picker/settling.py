"""From what the sidebar's controls say to a choice that can be built, or to what is wrong."""

from dataclasses import replace
from typing import Any

import streamlit as st

from explorer import words
from explorer.architecture import Preset, blueprint
from explorer.ui.fields import parsed
from explorer.ui.picker.choice import STATE, Choice
from explorer.words import FieldError


def settle(entry: Preset, values: dict[str, Any], device: str) -> FieldError | None:
    """Store the choice if it can be built; what is wrong if it cannot."""
    try:
        st.session_state[STATE] = _built(entry, values, device)
    except FieldError as problem:
        if st.session_state.get(STATE) is None:
            st.session_state[STATE] = _nearest(entry, values, device, problem)
        else:
            st.session_state[STATE] = replace(st.session_state[STATE], device=device)
        return problem
    return None


def _built(entry: Preset, values: dict[str, Any], device: str) -> Choice:
    changes = {field: parsed(field, value) for field, value in values.items() if value}
    image_size = changes.pop("image_size", entry.image_size)
    spec = replace(entry.spec, **changes)
    blueprint(spec, image_size)
    customised = spec != entry.spec
    title = words.label("net.customised", title=entry.title) if customised else entry.title
    return Choice(spec, image_size, device, entry.name, title, customised)


def _nearest(entry: Preset, values: dict[str, Any], device: str, problem: FieldError) -> Choice:
    """What a link leaves when every field that an error names first is taken out of it."""
    left = dict(values)
    while field := blamed(problem, left):
        del left[field]
        try:
            return _built(entry, left, device)
        except FieldError as next_one:
            problem = next_one
    return _built(entry, {}, device)


def blamed(problem: FieldError, values: dict[str, Any]) -> str | None:
    """The first field that an error names and that was set here, not by the named network."""
    return next((field for field in problem.fields if values.get(field)), None)
