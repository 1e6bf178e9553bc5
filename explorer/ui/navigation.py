"""The list of pages, the links to them, and the guard that every page calls first."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explorer.ui import controls, recording
from explorer.ui.drawn_once import drawn_once
from explorer.words import label, language

_STARTED: Final = "app_has_run"
_PAGES: Final = "pages"
_TOLD: Final = "pages_told"
_OWN: Final = "own_link"
_MOST_SAID: Final = 64
"""Links to one's own page, of some 200 bytes, that are kept to be told again."""


Carried = tuple[tuple[str, tuple[str, ...]], ...]
"""What the address of a link says: each control's key, and its values."""


class Entry(NamedTuple):
    """A page: its file in pages/ and path in the address, and its icon (one of Streamlit's own)."""

    path: str
    icon: str


HOME: Final = "home"
GROUPS: Final = {
    "start": (Entry(HOME, "home"), Entry("lesson", "school")),
    "network": (
        Entry("shape_trace", "timeline"),
        Entry("shortcuts", "call_split"),
        Entry("compare", "compare_arrows"),
        Entry("block_lab", "view_agenda"),
        Entry("parameters", "stacked_bar_chart"),
    ),
    "why": (
        Entry("batch_norm", "equalizer"),
        Entry("why_residual", "show_chart"),
        Entry("inference", "image_search"),
    ),
    "practise": (
        Entry("quiz", "quiz"),
        Entry("questions", "forum"),
        Entry("myths", "fact_check"),
        Entry("glossary", "dictionary"),
    ),
}
"""Group -> its pages, in the order of the navigation."""


def pages() -> list[StreamlitPage]:
    """All pages in the order of the navigation; made once for a visitor and a language."""
    if st.session_state.get(_PAGES, ("",))[0] != language():
        entries = [entry for group in GROUPS.values() for entry in group]
        st.session_state[_PAGES] = language(), [_page(entry) for entry in entries]
    made: list[StreamlitPage] = st.session_state[_PAGES][1]
    return made


def _page(entry: Entry) -> StreamlitPage:
    return st.Page(
        f"pages/{entry.path}.py",
        title=label(f"page.{entry.path}"),
        default=entry.path == HOME,
    )


def page_title(path: str) -> str:
    """What the page of this path is called in the navigation; the first page's path is empty.

    Raises:
        KeyError: no page has this path.
    """
    return label(f"page.{path or HOME}")


def begin() -> StreamlitPage:
    """The page to run now. app.py calls it, and remembers that it has run.

    Streamlit's own list of links would drop the chosen network from the address and leave it to
    the page to write it again, as a second step in the history; `links` keeps it.
    """
    st.session_state[_STARTED] = True
    every, context = pages(), get_script_run_ctx()
    told: _Told | None = st.session_state.get(_TOLD)
    if context is None:
        return st.navigation(every, position="hidden")
    page = told.again(context) if told is not None and told.pages is every else None
    if page is None:
        page, st.session_state[_TOLD] = _tell(context, every)
    return page


def _tell(context: Any, every: list[StreamlitPage]) -> tuple[StreamlitPage, "_Told"]:
    """Have Streamlit tell the browser which pages there are; the page to run now."""
    with recording.listening(context) as said:
        page = st.navigation(every, position="hidden")
    # Before it, that the address names no page may have been said.
    return page, _Told(every, context.pages_manager.get_pages(), said[-1])


class _Told:
    """What st.navigation said of these pages, to be said again: it looks up anew whatever it knows
    of each page, which takes as long as all that stands in the sidebar.

    Attributes:
        pages: the same list as long as it holds.
    """

    def __init__(self, every: list[StreamlitPage], known: Any, said: ForwardMsg) -> None:
        self.pages, self._known, self._said = every, known, said
        self._by_hash = {page._script_hash: page for page in every}
        self._messages: dict[str, ForwardMsg] = {}

    def again(self, context: Any) -> StreamlitPage | None:
        """The page to run now; None where the address names none."""
        first = self.pages[0]._script_hash
        found = context.pages_manager.set_pages_and_resolve(self._known, fallback_page_hash=first)
        if found is None:
            return None
        name: str = found["page_script_hash"]
        page = self._by_hash[name]
        page._can_be_called = True
        context.set_mpa_v2_page(name)
        if name not in self._messages:
            message = self._messages[name] = ForwardMsg()
            message.navigation.CopyFrom(self._said.navigation)
            message.navigation.page_script_hash = name
        context.enqueue(self._messages[name])
        return page


def links() -> None:
    """Draw the links to all pages, each with what the address of that page says."""
    controls.drawn_again("links", (controls.page(), controls.address_held()), _links)


def _links() -> None:
    found, here = iter(pages()), controls.page()
    for group, entries in GROUPS.items():
        ways = [(entry, next(found).url_path) for entry in entries]
        if any(path == here for _, path in ways):
            with st.container(gap=None):
                _heading(group)
                for entry, path in ways:
                    if path == here:
                        page = page_of(path)
                        st.session_state[_OWN] = _Own(st.empty(), page, entry.icon)
                        own_link()
                    else:
                        _link_to(path, entry.icon, frozen(controls.carried(path)))
        else:
            _group(group, tuple(frozen(controls.carried(path)) for _, path in ways))


@drawn_once
def _group(group: str, carried: tuple[Carried, ...]) -> None:
    with st.container(gap=None):
        _heading(group)
        for entry, what in zip(GROUPS[group], carried, strict=True):
            _link_to(entry.path if entry.path != HOME else "", entry.icon, what)


@drawn_once
def _heading(group: str) -> None:
    st.caption(label(f"page_group.{group}"))


@drawn_once
def _link_to(path: str, icon: str, carried: Carried) -> None:
    _link(st, page_of(path), icon, thawed(carried))


def frozen(carried: Mapping[str, Sequence[str]]) -> Carried:
    """The same as a key, for `drawn_once`."""
    return tuple((key, tuple(values)) for key, values in carried.items())


def thawed(carried: Carried) -> dict[str, list[str]]:
    """The same as a link takes it."""
    return {key: list(values) for key, values in carried}


def page_of(path: str) -> StreamlitPage:
    """The page of this path, for a link; the first page's is empty."""
    return next(page for page in pages() if page.url_path == path)


class _Own:
    """The link to the page that one is on: where it stands, and what it says."""

    def __init__(self, slot: DeltaGenerator, page: StreamlitPage, icon: str) -> None:
        self.slot, self.page, self.icon = slot, page, icon
        self.carried: dict[str, list[str]] = {}
        self.said: dict[Carried, ForwardMsg] = {}


def own_link(renew: bool = False) -> None:
    """Draw the link to this page anew, so that it says what is chosen now.

    A part of the page (fragment) whose clicks run nothing else calls this when it begins, in
    every run: Streamlit lets it write outside of itself only where it always did; and with
    `renew` when it ends. At most one part of a page may.
    """
    own: _Own | None = st.session_state.get(_OWN)
    if own is None:
        return
    carried = controls.carried(own.page.url_path)
    if renew and carried == own.carried:
        return
    own.carried = carried
    context, name = get_script_run_ctx(), frozen(carried)
    if context is None or not controls.in_part() or recording.here() is None:
        own.said.clear()
        _link(own.slot, own.page, own.icon, carried)
    elif name in own.said:
        context.enqueue(own.said[name])
    else:
        with recording.listening(context) as said:
            _link(own.slot, own.page, own.icon, carried)
        if len(said) == 1 and len(own.said) < _MOST_SAID:
            own.said[name] = said[0]


def _link(place: Any, page: StreamlitPage, icon: str, carried: Mapping[str, Sequence[str]]) -> None:
    # The icon, given to the page itself, would be fetched from the internet as its icon.
    place.page_link(page, icon=f":material/{icon}:", query_params=carried)


def onward(path: str) -> None:
    """Draw the link from the page of this path to the next one in the navigation's order."""
    controls.drawn_again("onward", (path, controls.address_held()), lambda: _onward(path))


def _onward(path: str) -> None:
    every = pages()
    place = next(number for number, page in enumerate(every) if page.url_path == path)
    if place + 1 == len(every):
        return
    page = every[place + 1]
    with st.container(key="onward"):
        st.page_link(
            page,
            label=label("app.next", page=page.title),
            icon=":material/arrow_forward:",
            query_params=controls.carried(page.url_path),
        )


def require_app() -> None:
    """Start app.py if this page was opened without it.

    A server that no one has visited yet runs a deep-linked file of `pages/` alone. Asking for
    the navigation ends that mode; the rerun then goes through app.py.
    """
    if not st.session_state.get(_STARTED):
        st.navigation(pages(), position="hidden")
        st.rerun()
