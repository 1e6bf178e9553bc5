"""What follows from its arguments alone is drawn once, and said again from then on.

Streamlit makes each heading, link and box anew in every run, from a few words to a message for the
browser, and a page has some hundred. Here the messages of a part of a page that holds no controls
are kept, for all visitors, and are sent again as they are.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, NamedTuple, ParamSpec, overload

import streamlit as st
from streamlit import delta_generator
from streamlit.elements.lib.form_utils import current_form_id
from streamlit.errors import StreamlitDuplicateElementKey
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from explorer.ui import budget
from explorer.words import language

P = ParamSpec("P")
STILL: Final = "still"
"""The component from which nothing comes back: a drawing in which nothing can be chosen."""
_FIXED: Final = frozenset(
    ("markdown", "heading", "html", "page_link", "metric", "alert", "code", "table")
)
"""Kinds of elements that hold neither a value nor a file of a visitor's."""
_FIXED_IF: Final = {
    "dataframe": frozenset(("arrow_data", "columns", "column_order", "placeholder")),
    "plotly_chart": frozenset(("theme", "id", "spec", "config", "alt")),
}
"""Kinds that do so unless they say more than this, such as how one selects."""
_PLAIN: Final = frozenset(("flex_container", "column"))
"""Kinds of boxes that nobody opens and closes."""


class Drawn:
    """What a part said, in its order, and what it took: names, and places of the box it is in."""

    def __init__(
        self, messages: list[ForwardMsg], names: list[tuple[str, str]], places: int
    ) -> None:
        self.messages, self.names, self.places = messages, names, places
        # For the budget: Python does not see what a message holds.
        self.outside_bytes = 2 * sum(message.ByteSize() for message in messages)


class _Here(NamedTuple):
    """Where the run draws now."""

    context: Any
    cursor: Any
    key: tuple[Any, ...]


@overload
def drawn_once(draw: Callable[P, None]) -> Callable[P, Drawn | None]: ...
@overload
def drawn_once(
    *, by: budget.Names = ..., component: str = ...
) -> Callable[[Callable[P, None]], Callable[P, Drawn | None]]: ...
def drawn_once(
    draw: Callable[..., None] | None = None,
    *,
    by: budget.Names | None = None,
    component: str = STILL,
) -> Any:
    """Let `draw` draw a part of a page once for all visitors who have the same before them.

    What it returns then is what was said again; None where it was drawn.

    Args:
        draw: what it draws follows from its arguments, which are hashable, and from the language.
            Where it draws controls after all, it is called each time.
        by: how arguments of a type are named in the key, as for `budget.kept`.
        component: a component that may be said again beside the elements that hold nothing.
    """
    if draw is None:
        return lambda wanted: _drawn_once(wanted, by or {}, component)
    return _drawn_once(draw, by or {}, component)


def _drawn_once(
    draw: Callable[P, None], by: budget.Names, component: str
) -> Callable[P, Drawn | None]:
    name = f"{draw.__module__}.{draw.__qualname__}"

    @wraps(draw)
    def again(*args: P.args, **options: P.kwargs) -> Drawn | None:
        here = _here()
        if here is None:
            draw(*args, **options)
            return None
        drawn_now = False

        def record() -> Drawn | None:
            nonlocal drawn_now
            drawn_now = True
            return _record(here, lambda: draw(*args, **options), component)

        values = [by[type(value)](value) if type(value) in by else value for value in args]
        more = tuple(options.items())
        # True and 1 are the same key, and other words.
        kinds = tuple(map(type, args))
        key = (name, *values, *more, kinds, language(), *here.key)
        kept: Drawn | None = budget.store().get(key, record, budget.go_on)
        if drawn_now:
            return None
        if kept is None:
            draw(*args, **options)
        else:
            _say(here, kept)
        return kept

    return again


def _here() -> _Here | None:
    """Where the run draws; None where nothing can be said again, such as outside of a run."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return None
    box: Any = st._main._active_dg
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
    return _Here(context, cursor, (state.active_script_hash, state.fragment_id, *cursor.delta_path))


def _names(context: Any) -> set[tuple[str, str]]:
    """Names that this run has given, of elements and of keys: none may be given twice."""
    shared = context.shared
    return {("id", one) for one in shared.widget_ids_this_run.snapshot()} | {
        ("key", one) for one in shared.widget_user_keys_this_run.snapshot()
    }


def _record(here: _Here, draw: Callable[[], None], component: str) -> Drawn | None:
    """Draw, and return what was said; None if it cannot be said again."""
    context, cursor = here.context, here.cursor
    said: list[ForwardMsg] = []
    before, place = _names(context), cursor.index
    enqueue = context.enqueue

    def heard(message: ForwardMsg) -> None:
        enqueue(message)
        said.append(message)

    context.enqueue = heard
    try:
        draw()
    finally:
        context.enqueue = enqueue
    box = list(cursor.delta_path)[:-1]
    inside = all(
        list(message.metadata.delta_path[: len(box)]) == box
        and place <= message.metadata.delta_path[len(box)] < cursor.index
        for message in said
    )
    if not inside or not all(_is_fixed(message, component) for message in said):
        return None
    return Drawn(said, sorted(_names(context) - before), cursor.index - place)


def _is_fixed(message: ForwardMsg, component: str) -> bool:
    if message.WhichOneof("type") != "delta":
        return False
    delta = message.delta
    if delta.WhichOneof("type") == "add_block":
        return delta.add_block.WhichOneof("type") in _PLAIN
    if delta.WhichOneof("type") != "new_element":
        return False
    kind = delta.new_element.WhichOneof("type")
    if kind in _FIXED_IF:
        element = getattr(delta.new_element, kind)
        return {field.name for field, _ in element.ListFields()} <= _FIXED_IF[kind]
    if kind == "bidi_component":
        return delta.new_element.bidi_component.component_name in (STILL, component)
    return kind in _FIXED


def _say(here: _Here, kept: Drawn) -> None:
    context, shared = here.context, here.context.shared
    for kind, name in kept.names:
        names = shared.widget_ids_this_run if kind == "id" else shared.widget_user_keys_this_run
        if not names.check_and_add(name):
            raise StreamlitDuplicateElementKey(name)
    for message in kept.messages:
        context.enqueue(message)
    for _ in range(kept.places):
        here.cursor.lock_element()
