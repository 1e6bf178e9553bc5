"""What a part of a page said to the browser, kept to be said again as it is.

Streamlit makes each heading, link, box and control anew in every run, from a few words to a message
for the browser, and a page has some hundred. When a part may be said again is for `drawn_once` and
`controls.drawn_again` to know; how is here.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import streamlit as st
from streamlit import delta_generator
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.elements.lib.form_utils import current_form_id
from streamlit.errors import StreamlitDuplicateElementKey
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime
from streamlit.runtime.media_file_manager import MediaFileMetadata
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState
from streamlit.runtime.state.common import user_key_from_element_id

from explorer.ui.server import handing

STILL: Final = "still"
"""The component from which nothing comes back: a drawing in which nothing can be chosen."""
_FIXED: Final = frozenset(
    (
        *("markdown", "heading", "html", "page_link", "metric", "alert", "code", "table", "empty"),
        "progress",
    )
)
"""Kinds of elements that hold neither a value nor a file of a visitor's."""
_FIXED_IF: Final = {
    "dataframe": frozenset(("arrow_data", "columns", "column_order", "placeholder", "row_height")),
    "plotly_chart": frozenset(("theme", "id", "spec", "config", "alt")),
}
"""Kinds that do so unless they say more than this, such as how one selects."""
_PLAIN: Final = frozenset(("flex_container", "column"))
"""Kinds of boxes that nobody opens and closes."""
_OPENED: Final = frozenset(("expandable", "popover"))
"""Kinds that the browser opens and closes by itself, unless the app wants to hear of it."""


class Drawn:
    """What a part said, in its order, and what it took: names (ids and keys of controls, which
    nobody else may have in the same run), and places in the box that it was drawn in; what
    Streamlit knows of its controls; and its files, by the place of their button."""

    def __init__(
        self,
        messages: list[ForwardMsg],
        names: list[tuple[str, str]],
        places: int,
        controls: list[Any],
        files: dict[str, str],
    ) -> None:
        self.messages, self.names, self.places = handing.Several(messages), names, places
        self.controls, self.files = controls, files
        # For the budget: of what a message holds Python sees nothing, it is kept as it is sent,
        # too, and the rest is small.
        self.whole_bytes = 3 * sum(message.ByteSize() for message in messages)

    @property
    def ids(self) -> list[str]:
        """Of the controls in it, and of the charts."""
        return [name for kind, name in self.names if kind == "id"]


class Here(NamedTuple):
    """Where the run draws now: `key` names the page, its part, and the place among the boxes."""

    context: Any
    cursor: Any
    key: tuple[Any, ...]


def here(root: Any = None) -> Here | None:
    """Where the run draws; None where nothing can be said again, such as outside of a run.

    `root` is one of Streamlit's containers beside the page's own (st.sidebar, st._event): the box
    that is open in there is meant.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return None
    box: Any = root or st._main._active_dg
    cursor = box._cursor
    if cursor is None or cursor.is_locked or box._root_container is None:
        return None
    state = ThreadState.get()
    # What a part of a page that reruns alone writes elsewhere, Streamlit puts in a box of its own.
    if state.fragment_id and delta_generator._needs_outside_wrapper(
        box, state, context.fragment_storage
    ):
        return None
    if current_form_id(box):
        return None
    return Here(context, cursor, (state.active_script_hash, state.fragment_id, *cursor.delta_path))


@contextmanager
def listening(context: Any) -> Iterator[list[ForwardMsg]]:
    """What a run says from here on, all of it, until the end; it is said as ever."""
    said: list[ForwardMsg] = []
    enqueue, outer = context.enqueue, vars(context).get("enqueue")

    def heard(message: ForwardMsg) -> None:
        enqueue(message)
        said.append(message)

    context.enqueue = heard
    try:
        yield said
    finally:
        del context.enqueue
        if outer:
            context.enqueue = outer


def record(
    place: Here,
    draw: Callable[[], None],
    more: Collection[str] = (),
    as_kept: Callable[[ForwardMsg], ForwardMsg] | None = None,
) -> Drawn | None:
    """Draw, and return what was said; None if it cannot be said again.

    `more` are kinds of elements and boxes that may be said again beside the fixed ones. A control
    whose value the browser must take over is none of them. `as_kept` says what of each message is
    kept.
    """
    context, cursor = place.context, place.cursor
    before, first = _names(context), cursor.index
    parts = context.shared.new_fragment_ids.snapshot()
    with listening(context) as everything:
        draw()
    # A spinner that turned while something was computed is no part of what was drawn.
    said = [one for one in everything if one.delta.WhichOneof("type") != "new_transient"]
    if as_kept:
        said = list(map(as_kept, said))
    box = list(cursor.delta_path)[:-1]
    inside = all(
        list(message.metadata.delta_path[: len(box)]) == box
        and first <= message.metadata.delta_path[len(box)] < cursor.index
        for message in said
    )
    same_parts = context.shared.new_fragment_ids.snapshot() == parts
    if not inside or not same_parts or not all(_stays(one, more) for one in said):
        return None
    names = sorted(_names(context) - before)
    files = _files(context, said)
    return Drawn(said, names, cursor.index - first, _controls(context, names), files)


def keeps_files(place: Here, kept: Drawn) -> bool:
    """Have the server keep a part's files for this run, too; False where one is gone."""
    if not kept.files:
        return True
    # As MediaFileManager does for a file that is given to it again.
    manager: Any = Runtime.instance().media_file_mgr
    with manager._lock:
        for file in kept.files.values():
            if file in manager._file_metadata:
                kind = manager._file_metadata[file].kind
                manager._file_metadata[file] = MediaFileMetadata(kind)
            elif file not in manager._deferred_callables:
                return False
        manager._files_by_session_and_coord[place.context.session_id].update(kept.files)
    return True


def say(
    place: Here,
    kept: Drawn,
    back: Collection[str] = (),
    messages: handing.Several | None = None,
) -> None:
    """Say again what a part said, or these `messages`, at the same place; `back` are its controls
    that come back."""
    context, shared = place.context, place.context.shared
    for kind, name in kept.names:
        names = shared.widget_ids_this_run if kind == "id" else shared.widget_user_keys_this_run
        if not names.check_and_add(name):
            raise StreamlitDuplicateElementKey(name)
    # Whoever has not been given a chart or a drawing before has no state that a click could change.
    state = context.session_state._state
    told = state._new_widget_state.states
    for control in kept.controls:
        if control.id in back or (control.id not in state._old_state and control.id not in told):
            context.session_state.register_widget(control, user_key_from_element_id(control.id))
        else:  # another part may have told whom a click calls since
            state._set_widget_metadata(control)
    handing.hand_over(context, messages or kept.messages)
    for _ in range(kept.places):
        place.cursor.lock_element()


def _controls(context: Any, names: list[tuple[str, str]]) -> list[Any]:
    """What Streamlit knows of these controls: how their values are read, and whom a click calls."""
    known = context.session_state._state._new_widget_state.widget_metadata
    ids = [one for kind, one in names if kind == "id"]
    # Of a component, what it tells is a second one.
    both = (one for name in ids for one in (name, _make_trigger_id(name, "events")))
    return [known[one] for one in both if one in known]


def _files(context: Any, messages: list[ForwardMsg]) -> dict[str, str]:
    """The files behind the buttons that save one."""
    places = [
        str(list(message.metadata.delta_path))
        for message in messages
        if message.delta.new_element.WhichOneof("type") == "download_button"
    ]
    if not places:
        return {}
    given: Any = Runtime.instance().media_file_mgr._files_by_session_and_coord[context.session_id]
    return {place: given[place] for place in places if place in given}


def _names(context: Any) -> set[tuple[str, str]]:
    """Names that this run has given, of elements and of keys: none may be given twice."""
    shared = context.shared
    return {("id", one) for one in shared.widget_ids_this_run.snapshot()} | {
        ("key", one) for one in shared.widget_user_keys_this_run.snapshot()
    }


def _stays(message: ForwardMsg, more: Collection[str]) -> bool:
    """Whether this says the same whenever it is said."""
    if message.WhichOneof("type") != "delta":
        return False
    delta = message.delta
    if delta.WhichOneof("type") == "add_block":
        box = delta.add_block.WhichOneof("type")
        unheard = box in _OPENED and not getattr(delta.add_block, str(box)).id
        return box in _PLAIN or box in more or unheard
    if delta.WhichOneof("type") != "new_element":
        return False
    kind = str(delta.new_element.WhichOneof("type"))
    if kind in more:
        # Said once to a browser that holds another value, and never again; but in every run of a
        # control that takes no clicks: Streamlit does not trust what it is told of that one.
        control = getattr(delta.new_element, kind)
        return not getattr(control, "set_value", False) or getattr(control, "disabled", False)
    if kind in _FIXED_IF:
        element = getattr(delta.new_element, kind)
        return {field.name for field, _ in element.ListFields()} <= _FIXED_IF[kind]
    if kind == "bidi_component":
        return delta.new_element.bidi_component.component_name == STILL
    return kind in _FIXED
