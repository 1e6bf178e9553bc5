"""The one queue of trainings of this server."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import streamlit as st

if TYPE_CHECKING:
    from explorer.experiments.jobs import JobService


@st.cache_resource
def service() -> JobService:
    """One training at a time, in a process of its own."""
    from explorer.experiments.jobs import JobService, worker_process

    return JobService(worker_process)


def visitor() -> str:
    """An id of this session: only who started a run can cancel it."""
    return str(st.session_state.setdefault("why_visitor", uuid4().hex))
