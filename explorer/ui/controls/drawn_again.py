"""A part of a page with controls, said again to one visitor while nothing in it has changed.

A click changes one thing, and Streamlit draws everything anew: the controls of the sidebar cost as
much as the page beside it. What such a part said is kept for the visitor, with what its controls
held, and is sent again until one of them, or something else that it follows from, is another.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from streamlit.runtime.state import SessionState, get_session_state
from streamlit.runtime.state.common import user_key_from_element_id

from explorer.ui import recording, taking_over
from explorer.ui.controls.memory import address_is_news, of_visitor
from explorer.words import language

R = TypeVar("R")
_CONTROLS: Final = frozenset(
    (
        *("selectbox", "text_input", "number_input", "slider", "checkbox", "button"),
        *("button_group", "radio", "multiselect", "bidi_component", "dataframe", "empty"),
        *("expandable", "popover", "plotly_chart", "download_button", "file_uploader"),
    )
)
_NONE: Final = object()
_MOST_BYTES: Final = 512 * 1024
"""Of a part; most take a few kilobytes."""
_MOST_OF_ALL: Final = 4 * _MOST_BYTES
"""Of all that is kept for a visitor; what was drawn first is let go of first."""


class _Kept(NamedTuple):
    """What a part followed from, what its controls held, what it said, and what it returned."""

    inputs: tuple[Any, ...]
    held: list[Any]
    drawn: recording.Drawn
    result: Any


def drawn_again(
    name: str,
    inputs: tuple[Any, ...],
    draw: Callable[[], R],
    read: Callable[[], R] | None = None,
) -> R:
    """Draw a part of a page and return what `draw` returns.

    Args:
        name: of the part.
        inputs: all that the part follows from, besides its own controls, the language, and where
            it stands; compared by ==. Where the address is news, the part is drawn. It is said
            again from the third run with the same on.
        draw: draws it. It is not called where the part is said again: what it writes into the
            session must be the same each time. What it offers to save follows from `inputs`, too.
        read: reads from the session what `draw` would return. For parts whose controls say the
            same whatever they hold, but for their value: those are said again even where the
            visitor has just changed one, or the app has.
    """
    place, memory = recording.here(), of_visitor()
    if place is None:
        return draw()
    inputs = (*inputs, language(), *place.key)
    kept: _Kept | None = None if address_is_news() else memory.said.get(name)
    if kept and kept.inputs == inputs:
        held, back = all_held(kept.drawn.ids), taking_over.gone(place, kept.drawn)
        # The browser must be told of that, and told again if it may have missed it.
        put, messages = taking_over.put_into(place, kept.drawn), None
        if back:
            same = not put and _come_back(kept, held, back)
        else:
            same = not put and kept.held == held
            if not same and read:
                messages = taking_over.taken_over(place, kept.drawn, kept.held, held)
                if messages:
                    kept = memory.said[name] = kept._replace(held=held, result=read())
        if (same or messages) and recording.keeps_files(place, kept.drawn):
            recording.say(place, kept.drawn, back, messages)
            found: R = kept.result
            return found
    memory.said.pop(name, None)
    # To listen to what is said takes a while. What another click has just changed, such as where a
    # walk is, will mostly be changed by the next one.
    before, memory.asked[name] = memory.asked.get(name), inputs
    if before != inputs or address_is_news():
        return draw()
    results: list[R] = []
    drawn = recording.record(
        place,
        lambda: results.append(draw()),
        _CONTROLS,
        taking_over.told_nothing if read else None,
    )
    if drawn and drawn.whole_bytes <= _MOST_BYTES:
        memory.said[name] = _Kept(inputs, all_held(drawn.ids), drawn, results[0])
        while sum(one.drawn.whole_bytes for one in memory.said.values()) > _MOST_OF_ALL:
            del memory.said[next(iter(memory.said))]
    elif drawn is None:
        del memory.asked[name]  # the next time it is not listened to, which would take as long
    return results[0]


def _come_back(kept: _Kept, held: list[Any], usual: Mapping[str, Any]) -> bool:
    """Whether all controls hold what they held: those that come back, what is `usual` for them. No
    browser needs to be told more of those."""
    chosen = of_visitor().chosen
    for name, was, now in zip(kept.drawn.ids, kept.held, held, strict=True):
        if name in usual:
            # What `choice` and its like hold is kept here, and not by Streamlit.
            value = chosen.get(user_key_from_element_id(name) or "", usual[name])
            value = list(value) if isinstance(value, tuple) else value
            if not was == usual[name] == value or now not in (_NONE, was):
                return False
        elif was != now:
            return False
    return True


def all_held(keys: Iterable[str]) -> list[Any]:
    """What the session holds under these keys, or ids of controls."""
    safe = get_session_state()
    with safe._lock:
        return [_held(safe._state, key) for key in keys]


def _held(state: SessionState, key: str) -> Any:
    # Most of the sidebar's fields hold nothing, and an error takes longer than all of these.
    names = state._key_id_mapper
    control, own = names.get_id_from_key(key, key), names.id_key_mapping.get(key, key)
    if (
        control not in state._new_widget_state.states
        and control not in state._old_state
        and own not in state._new_session_state
        and own not in state._old_state
    ):
        return _NONE
    try:
        return state[key]
    except KeyError:
        return _NONE
