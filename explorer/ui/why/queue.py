"""The one queue of trainings of this server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import streamlit as st

from explorer.ui import browser_store

if TYPE_CHECKING:
    from explorer.experiments.jobs import JobService


_VISITOR: Final = "why_visitor"


@st.cache_resource
def service() -> JobService:
    """One training at a time, in a process of its own."""
    from explorer.experiments.jobs import JobService, worker_process

    return JobService(worker_process)


def visitor() -> str:
    """An id of this visitor, made when it is first asked for: who starts a run can cancel it."""
    return str(st.session_state.setdefault(_VISITOR, uuid4().hex))


def started(owner: str | None) -> bool:
    """Whether it was this visitor who started a run."""
    return owner is not None and owner == st.session_state.get(_VISITOR)


def remember() -> None:
    """Keep the id in the visitor's browser, so that a run is still theirs after a reload."""
    own = st.session_state.get(_VISITOR)
    browser_store.keep("why_visitor", {"id": own} if own else {}, _take)


def _take(found: dict[str, Any]) -> None:
    own = found.get("id")
    if isinstance(own, str) and re.fullmatch("[0-9a-f]{32}", own):
        st.session_state[_VISITOR] = own
