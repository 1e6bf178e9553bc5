"""The widgets: choices among words, whole numbers, and the sections of a page."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import streamlit as st

from explorer import words
from explorer.ui.controls.address import one_of, one_step, settle, write
from explorer.ui.controls.drawn_again import drawn_again
from explorer.ui.controls.memory import in_part, of_visitor

Kind = Literal["segments", "pills", "select", "radio"]

BOUND: Final[dict[str, Any]] = {"bind": "query-params", "persist_state": "session"}
"""For controls of values: in the address, and still there when another section was open."""


def choice(
    key: str,
    ids: Sequence[str],
    *,
    default: str | None = None,
    kind: Kind = "segments",
    shown: Callable[[str], str] | None = None,
    optional: bool = False,
    everywhere: bool = False,
    on_change: Callable[[], None] | None = None,
    label: str | None = None,
    former: Callable[[str], str] | None = None,
    **options: Any,
) -> Any:
    """Draw a choice of one among `ids` and return the chosen id; None only where `optional`.

    Args:
        key: of the control, in the address, in the session, and of its words.
        default: chosen where the address says nothing, and then left out of it; else the first.
        kind: which of Streamlit's widgets; "segments" is a segmented control.
        shown: id -> what is on screen; else its words in labels.toml.
        optional: nothing may be chosen (a select with a placeholder).
        everywhere: a control of the sidebar, kept in the address on all pages.
        on_change: called after a click, when the new value is held.
        label: of the control; else its words in labels.toml.
        former: what an address of before says -> its id, where aliases.toml cannot list them all.
        options: handed to the widget (help, placeholder, label_visibility, ...).
    """
    first = default if default is not None or optional else ids[0]
    settle(key, one_of(key, ids, former), first, None if everywhere else of_visitor().page)
    chosen = of_visitor().chosen[key]
    # A browser may draw only the second of two runs in close succession. So each run says what is
    # chosen: as the default, or where that would take the way to choose nothing, by setting it.
    set_again = kind == "select" and optional and chosen is not None
    if set_again or st.session_state.get(key, _absent(chosen)) != chosen:
        st.session_state[key] = chosen
    own = label if label is not None else words.label(f"{key}.label")
    common = _common(key, first, shown, on_change) | options
    index = None if chosen is None else ids.index(chosen)
    if kind == "select":
        st.selectbox(own, ids, index=None if optional else index, **common)
    elif kind == "radio":
        st.radio(own, ids, index=index, **common)
    elif kind == "pills":
        st.pills(own, ids, default=chosen, required=not optional, **common)
    else:
        st.segmented_control(own, ids, default=chosen, required=not optional, **common)
    return of_visitor().chosen[key]


def _absent(chosen: Any, nothing: Any = None) -> Any:
    """What the session is taken to hold of a control that is not there: in a part of a page, whose
    browser tells all that it has, what it is about to be drawn with."""
    return chosen if in_part() else nothing


def choices(
    key: str,
    ids: Sequence[str],
    *,
    default: Iterable[str] = (),
    kind: Literal["pills", "select"] = "pills",
    shown: Callable[[str], str] | None = None,
    on_change: Callable[[], None] | None = None,
    label: str | None = None,
    **options: Any,
) -> tuple[str, ...]:
    """Draw a choice of any number of `ids` and return the chosen ones in their order."""
    first = tuple(default)
    settle(key, one_of(key, ids), first, of_visitor().page, several=True)
    chosen = of_visitor().chosen[key]
    if tuple(st.session_state.get(key, _absent(chosen, ()))) != chosen:
        st.session_state[key] = list(chosen)
    own = label if label is not None else words.label(f"{key}.label")
    common = _common(key, first, shown, on_change) | options
    if kind == "pills":
        st.pills(own, ids, selection_mode="multi", default=chosen, **common)
    else:
        st.multiselect(own, ids, default=chosen, **common)
    found: tuple[str, ...] = of_visitor().chosen[key]
    return tuple(name for name in ids if name in found)


def sections(
    key: str,
    parts: Mapping[str, Callable[[], None]],
    again: Mapping[str, tuple[Any, ...]] | None = None,
) -> None:
    """The parts of a page, of which one is open: a choice among them, and below it that part.

    Only the open part runs. Words as for `choice`.

    Args:
        again: of each part that follows from its own controls and from nothing else but this,
            which is compared by ==: it is said again, as `drawn_again` does, where it was left
            and is opened once more. Not one with a fragment in it.
    """
    ids, memory = tuple(parts), of_visitor()
    settle(key, one_of(key, ids), ids[0], memory.page)
    chosen: str = drawn_again(
        # Of each choice one: mostly it is chosen once more.
        f"{key} sections, {memory.chosen[key]}",
        ids,
        lambda: choice(key, ids, label_visibility="collapsed"),
    )
    opened, memory.opened[key] = memory.opened.get(key) != chosen, chosen
    if again and opened and chosen in again:
        drawn_again(f"{key}, {chosen}", again[chosen], parts[chosen])
    else:
        parts[chosen]()


def number(
    key: str, low: int, high: int, value: int, label: str | None = None, **options: Any
) -> int:
    """A whole number from `low` to `high`; what a link says beside that is left out.

    Streamlit's own binding fails on a link's 1e400.
    """

    def read(text: str) -> int | None:
        digits = text.removeprefix("-")
        sane = digits.isascii() and digits.isdigit() and len(digits) < 16
        return int(text) if sane and low <= int(text) <= high else None

    settle(key, read, value, of_visitor().page)
    chosen = of_visitor().chosen[key]
    if st.session_state.get(key, _absent(chosen)) != chosen:
        st.session_state[key] = chosen
    own = label if label is not None else words.label(f"{key}.label")
    common: dict[str, Any] = {"on_change": _chosen, "args": (key, value, None)} | options
    st.number_input(own, low, high, chosen, key=key, **common)
    found: int = of_visitor().chosen[key]
    return found


def _common(
    key: str,
    default: Any,
    shown: Callable[[str], str] | None,
    on_change: Callable[[], None] | None,
) -> dict[str, Any]:
    """What every widget of a choice is given."""
    return {
        "key": key,
        "format_func": shown or (lambda name: words.label(f"{key}.{name}")),
        "on_change": _chosen,
        "args": (key, default, on_change),
    }


def _chosen(key: str, default: Any, then: Callable[[], None] | None) -> None:
    value = st.session_state[key]
    of_visitor().chosen[key] = tuple(value) if isinstance(value, list) else value
    with one_step():
        write(key, of_visitor().chosen[key], default)
        if then:
            then()
