"""What the address says of a control, what is held of it, and how that is written back."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.state import get_session_state

from explorer.ui.controls.memory import address_is_news, in_part, of_visitor


def put(key: str, value: Any, default: Any = None) -> None:
    """Choose for the visitor, in a callback: a button that leads somewhere on this page.

    `default` is the value that the address leaves out, as the control has it.
    """
    memory = of_visitor()
    memory.chosen[key] = value
    st.session_state[key] = list(value) if isinstance(value, tuple) else value
    write(key, value, default)
    if in_part() and memory.home.get(key, memory.page) is None:
        memory.frame_is_old = True


@contextmanager
def one_step() -> Iterator[None]:
    """Whatever is chosen inside changes the address at once: one Back undoes all of it."""
    memory = of_visitor()
    if memory.step is not None:
        yield
        return
    memory.step = {}
    try:
        yield
    finally:
        step, memory.step = memory.step, None
        _tell(step)


def say(key: str, values: tuple[str, ...]) -> None:
    """Write into the address what a control that Streamlit binds was given in the session; the
    browser itself writes only what was typed. No values leave the key out."""
    step = of_visitor().step
    if step is None:
        _tell({key: values})
    else:
        step[key] = values


def _tell(step: Mapping[str, tuple[str, ...]]) -> None:
    """Send the browser one address for all changes; each message is a step of its history."""
    changed = {key: new for key, new in step.items() if tuple(st.query_params.get_all(key)) != new}
    if not changed:
        return
    with get_session_state().query_params() as params:
        for key, values in changed.items():
            if values:
                params.set_with_no_forward_msg(key, values[0] if len(values) == 1 else [*values])
            else:
                params.discard_param_no_forward_msg(key)
    st.query_params.update({})


def held(key: str) -> Any:
    """What a control holds that is drawn only later, or None.

    For a bound control in a session's first run it is the link's text, which may be no value of
    the control's.
    """
    memory = of_visitor()
    if key in memory.chosen and not address_is_news():
        return memory.chosen[key]
    return st.session_state.get(key, st.query_params.get(key))


def settled(
    key: str, ids: Sequence[str], default: str | None = None, *, everywhere: bool = False
) -> Any:
    """What `choice` with these ids will return, before it is drawn, or where none is drawn."""
    home = None if everywhere else of_visitor().home.get(key, of_visitor().page)
    settle(key, one_of(key, ids), default, home)
    return of_visitor().chosen[key]


def release(keys: Iterable[str]) -> None:
    """Let the address decide anew about controls that Streamlit binds, before they are drawn."""
    for key in keys:
        if key in st.session_state and key not in of_visitor().chosen:
            del st.session_state[key]


def unknown(key: str, ids: Sequence[str]) -> str | None:
    """What the address asks of a choice and these ids do not offer; None where all is well."""
    asked = st.query_params.get(key)
    return None if not asked or one_of(key, ids)(asked) is not None else asked


def address_held() -> tuple[Any, ...]:
    """All that `carried` says for any page, to be compared with that of another run."""
    memory = of_visitor()
    return tuple(memory.written.items()), tuple(memory.home.items())


def carried(page: str) -> dict[str, list[str]]:
    """What the address of a link to `page` says: the sidebar's choices, and those made there."""
    memory = of_visitor()
    return {
        key: list(value)
        for key, value in memory.written.items()
        if value and memory.home.get(key, page) in (None, page)
    }


def text(key: str, most: int) -> str:
    """A text that the address holds and no control shows, cut after `most` characters; `put`
    with the default "" changes it."""
    settle(key, lambda asked: asked[:most], "", of_visitor().page)
    found: str = of_visitor().chosen[key]
    return found


def settle(
    key: str,
    read: Callable[[str], Any],
    default: Any,
    home: str | None,
    several: bool = False,
) -> None:
    """Let the address decide where it is news; else what was chosen stays, if it is possible.

    `read` reads one value of the address and of what was chosen; None where it is impossible.
    """
    memory = of_visitor()
    asked = tuple(st.query_params.get_all(key))
    known = memory.known.get(key)
    if known is None or asked not in known or (address_is_news() and home in (None, memory.page)):
        found = [value for value in map(read, asked) if value is not None]
        if several:
            memory.chosen[key] = tuple(found) if found else default
        else:
            memory.chosen[key] = found[-1] if found else default
        # What cannot be fulfilled now, with this network, is looked at again with the next.
        memory.known[key] = {asked} if found or not asked else set()
        memory.written[key] = asked
    elif len(known) > 1 and asked == memory.written[key] and memory.run > memory.heard_after[key]:
        memory.known[key] = {asked}
    memory.home[key] = home
    chosen = memory.chosen[key]
    values = chosen if several else () if chosen == default else (chosen,)
    possible = tuple(value for value in values if read(str(value)) is not None)
    if len(possible) < len(values):
        memory.chosen[key] = possible or default if several else default
        memory.known[key] = set()


def write(key: str, value: Any, default: Any) -> None:
    """Say in the address what is held of a control, its default by saying nothing."""
    memory = of_visitor()
    before = tuple(st.query_params.get_all(key))
    after = _addressed(key, default)
    memory.written[key] = after
    # Until the browser has heard of it, a quick second click still brings the old address.
    memory.known[key] = {before, after}
    memory.heard_after[key] = memory.run + 1
    say(key, after)


def _addressed(key: str, default: Any) -> tuple[str, ...]:
    chosen = of_visitor().chosen[key]
    if chosen == default or chosen is None:
        return ()
    return tuple(chosen) if isinstance(chosen, tuple) else (str(chosen),)


def meant(key: str, text: str, ids: Sequence[str]) -> str | None:
    """The id among `ids` that a link's text stands for, as it is named today or was before."""
    found = text if text in ids else _aliases().get(key, {}).get(text)
    return found if found in ids else None


def aliases(key: str) -> Mapping[str, str]:
    """What links of earlier versions said for this control -> its id."""
    return _aliases().get(key, {})


def one_of(
    key: str, ids: Sequence[str], former: Callable[[str], str] | None = None
) -> Callable[[str], str | None]:
    """How to read one value of the address for `settle`: an id among `ids`, or None."""

    def read(text: str) -> str | None:
        found = meant(key, text, ids)
        return meant(key, former(text), ids) if found is None and former else found

    return read


@cache
def _aliases() -> dict[str, dict[str, str]]:
    file = Path(__file__).parents[1] / "aliases.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
