"""The one door for every control that the address holds.

The address holds ids, the screen words: renaming a tab or changing the language breaks no link.
Streamlit's own `bind="query-params"` writes the formatted label into the address; so a choice
among words is kept here, and Back and Forward undo and redo it. Values that read the same in
every language (numbers, texts, switches, paths of ops) are bound by Streamlit, which replaces
the entry of the history: stepping through sixty ops leaves one step to go back.

A control's words are found by its key: `[KEY]` of labels.toml holds its `label` and one entry
for each of its ids. What links of earlier versions said is in aliases.toml.
"""

import threading
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explorer import words

Kind = Literal["segments", "pills", "select", "radio"]

BOUND: Final[dict[str, Any]] = {"bind": "query-params", "persist_state": "session"}
"""For controls of values: in the address, and still there when another section was open."""

_MEMORY: Final = "controls"
_SPEAKS: Final = "lang"
_spoken = threading.local()
"""The language of the run of this thread, which belongs to one session."""
_here = threading.local()
"""The memory of the run of this thread, and the run's context."""


class _Memory:
    """What one visitor has chosen. `home` names the page of each control, None the sidebar's."""

    def __init__(self) -> None:
        self.page: str | None = None
        self.run = 0
        self.news = True
        self.frame_is_old = False
        self.browsers: str | None = None
        self.chosen: dict[str, Any] = {}
        self.known: dict[str, set[tuple[str, ...]]] = {}
        self.home: dict[str, str | None] = {}
        self.written: dict[str, tuple[str, ...]] = {}
        self.heard_after: dict[str, int] = {}


def _memory() -> _Memory:
    context = get_script_run_ctx(suppress_warning=True)
    found: tuple[object, _Memory] | None = getattr(_here, "found", None)
    # A run asks some hundred times, and the session's state takes its time.
    if context is not None and found is not None and found[0] is context:
        return found[1]
    # `in` would filter the whole state first.
    memory: _Memory | None = st.session_state.get(_MEMORY)
    if memory is None:
        memory = st.session_state[_MEMORY] = _Memory()
    _here.found = (context, memory)
    return memory


def begin() -> None:
    """Start a run: find out the language, in which the pages are then named."""
    memory, context = _memory(), get_script_run_ctx(suppress_warning=True)
    memory.run += 1
    memory.frame_is_old = False
    memory.news = memory.run == 1 or (context is not None and context.is_history_navigation)
    _settle(_SPEAKS, _one_of(_SPEAKS, tuple(words.LANGUAGES)), _browsers_language(), None)
    _speak(memory.chosen[_SPEAKS])


def begin_page(page: str) -> None:
    """Say which page this run is for.

    On a session's first run, on another page, and when the visitor goes back or forward, the
    address is news, and every control takes its value from there.
    """
    memory = _memory()
    memory.news = memory.news or memory.page != page
    memory.page = page


def page() -> str:
    """The path of the page that this run is for; the first page's is empty."""
    return _memory().page or ""


def address_is_news() -> bool:
    """Whether the controls take their values from the address in this run.

    Never in a fragment's rerun, which follows a run that has read it.
    """
    return _memory().news and not in_part()


def in_part() -> bool:
    """Whether only a part of the page runs, after a click on that part."""
    context = get_script_run_ctx(suppress_warning=True)
    return bool(context is not None and context.fragment_ids_this_run)


def again() -> NoReturn:
    """Run what is running from its beginning: the part that was clicked, or everything."""
    st.rerun(scope="fragment" if in_part() else "app")


def frame_is_old() -> bool:
    """Whether a click on the page has changed what the sidebar shows."""
    return _memory().frame_is_old


def language() -> str:
    """The language of whoever is looking, for `words.ask`."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return words.DEFAULT
    # A page asks thousands of times, and the session's state takes longer than the words.
    if getattr(_spoken, "session", None) != context.session_id:
        _speak(_memory().chosen.get(_SPEAKS, words.DEFAULT))
    spoken: str = _spoken.language
    return spoken


def _speak(spoken: str) -> None:
    context = get_script_run_ctx(suppress_warning=True)
    _spoken.session, _spoken.language = context.session_id if context else None, spoken


def _browsers_language() -> str:
    memory = _memory()
    if memory.browsers is None:
        headers = st.context.headers
        accepted = headers.get("Accept-Language") if headers else None
        memory.browsers = words.best(accepted or st.context.locale or "")
    return memory.browsers


def choose_language() -> None:
    """Draw the choice of the language; each is called by its own name."""
    choice(
        _SPEAKS,
        tuple(words.LANGUAGES),
        default=_browsers_language(),
        shown=words.LANGUAGES.__getitem__,
        everywhere=True,
        help=words.section("picker", "language"),
    )


# --- choices among words ------------------------------------------------------------------------


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
    _settle(key, _one_of(key, ids, former), first, None if everywhere else _memory().page)
    if st.session_state.get(key, _memory) != _memory().chosen[key]:
        st.session_state[key] = _memory().chosen[key]
    own = label if label is not None else words.label(f"{key}.label")
    common = _common(key, first, shown, on_change) | options
    if kind == "select":
        st.selectbox(own, ids, index=None if optional else 0, **common)
    elif kind == "radio":
        st.radio(own, ids, **common)
    elif kind == "pills":
        st.pills(own, ids, required=not optional, **common)
    else:
        st.segmented_control(own, ids, required=not optional, **common)
    return _memory().chosen[key]


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
    _settle(key, _one_of(key, ids), first, _memory().page, several=True)
    if tuple(st.session_state.get(key, ())) != _memory().chosen[key]:
        st.session_state[key] = list(_memory().chosen[key])
    own = label if label is not None else words.label(f"{key}.label")
    common = _common(key, first, shown, on_change) | options
    if kind == "pills":
        st.pills(own, ids, selection_mode="multi", **common)
    else:
        st.multiselect(own, ids, **common)
    found: tuple[str, ...] = _memory().chosen[key]
    return tuple(name for name in ids if name in found)


def sections(key: str, parts: Mapping[str, Callable[[], None]], **options: Any) -> None:
    """The parts of a page, of which one is open: a choice among them, and below it that part.

    Only the open part runs. Words as for `choice`.
    """
    parts_of_page = tuple(parts)
    parts[choice(key, parts_of_page, label_visibility="collapsed", **options)]()


def put(key: str, value: Any, default: Any = None) -> None:
    """Choose for the visitor, in a callback: a button that leads somewhere on this page.

    `default` is the value that the address leaves out, as the control has it.
    """
    memory = _memory()
    memory.chosen[key] = value
    st.session_state[key] = list(value) if isinstance(value, tuple) else value
    _write(key, value, default)
    if in_part() and memory.home.get(key, memory.page) is None:
        memory.frame_is_old = True


def held(key: str) -> Any:
    """What a control holds that is drawn only later, or None.

    For a bound control in a session's first run it is the link's text, which may be no value of
    the control's.
    """
    memory = _memory()
    if key in memory.chosen and not address_is_news():
        return memory.chosen[key]
    return st.session_state.get(key, st.query_params.get(key))


def settled(
    key: str, ids: Sequence[str], default: str | None = None, *, everywhere: bool = False
) -> Any:
    """What `choice` with these ids will return, before it is drawn, or where none is drawn."""
    home = None if everywhere else _memory().home.get(key, _memory().page)
    _settle(key, _one_of(key, ids), default, home)
    return _memory().chosen[key]


def release(keys: Iterable[str]) -> None:
    """Let the address decide anew about controls that Streamlit binds, before they are drawn."""
    for key in keys:
        if key in st.session_state and key not in _memory().chosen:
            del st.session_state[key]


def unknown(key: str, ids: Sequence[str]) -> str | None:
    """What the address asks of a choice and these ids do not offer; None where all is well."""
    asked = st.query_params.get(key)
    return None if not asked or _one_of(key, ids)(asked) is not None else asked


def carried(page: str) -> dict[str, list[str]]:
    """What the address of a link to `page` says: the sidebar's choices, and those made there."""
    memory = _memory()
    return {
        key: list(value)
        for key, value in memory.written.items()
        if value and memory.home.get(key, page) in (None, page)
    }


def _settle(
    key: str,
    read: Callable[[str], Any],
    default: Any,
    home: str | None,
    several: bool = False,
) -> None:
    """Let the address decide where it is news; else what was chosen stays, if it is possible.

    `read` reads one value of the address and of what was chosen; None where it is impossible.
    """
    memory = _memory()
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


def _addressed(key: str, default: Any) -> tuple[str, ...]:
    chosen = _memory().chosen[key]
    if chosen == default or chosen is None:
        return ()
    return tuple(chosen) if isinstance(chosen, tuple) else (str(chosen),)


def meant(key: str, text: str, ids: Sequence[str]) -> str | None:
    """The id among `ids` that a link's text stands for, as it is named today or was before."""
    found = text if text in ids else _aliases().get(key, {}).get(text)
    return found if found in ids else None


def _one_of(
    key: str, ids: Sequence[str], former: Callable[[str], str] | None = None
) -> Callable[[str], str | None]:
    def read(text: str) -> str | None:
        found = meant(key, text, ids)
        return meant(key, former(text), ids) if found is None and former else found

    return read


def _chosen(key: str, default: Any, then: Callable[[], None] | None) -> None:
    value = st.session_state[key]
    _memory().chosen[key] = tuple(value) if isinstance(value, list) else value
    _write(key, _memory().chosen[key], default)
    if then:
        then()


def _write(key: str, value: Any, default: Any) -> None:
    memory = _memory()
    before = tuple(st.query_params.get_all(key))
    after = _addressed(key, default)
    memory.written[key] = after
    # Until the browser has heard of it, a quick second click still brings the old address.
    memory.known[key] = {before, after}
    memory.heard_after[key] = memory.run + 1
    if after == before:
        return
    if after:
        st.query_params[key] = after[0] if len(after) == 1 else after
    else:
        del st.query_params[key]


def aliases(key: str) -> Mapping[str, str]:
    """What links of earlier versions said for this control -> its id."""
    return _aliases().get(key, {})


@cache
def _aliases() -> dict[str, dict[str, str]]:
    file = Path(__file__).with_name("aliases.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


# --- texts and numbers --------------------------------------------------------------------------


def text(key: str, most: int) -> str:
    """A text that the address holds and no control shows, cut after `most` characters; `put`
    with the default "" changes it."""
    _settle(key, lambda asked: asked[:most], "", _memory().page)
    found: str = _memory().chosen[key]
    return found


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

    _settle(key, read, value, _memory().page)
    if st.session_state.get(key) != _memory().chosen[key]:
        st.session_state[key] = _memory().chosen[key]
    own = label if label is not None else words.label(f"{key}.label")
    st.number_input(own, low, high, key=key, on_change=_chosen, args=(key, value, None), **options)
    found: int = _memory().chosen[key]
    return found
