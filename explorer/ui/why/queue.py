"""The one queue of trainings of this server, or of all servers that share a folder."""

from __future__ import annotations

import logging
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import streamlit as st

from explorer.ui import browser_store, settings

if TYPE_CHECKING:
    from explorer.experiments.jobs import JobService


_VISITOR: Final = "why_visitor"
_FUNCTIONS: Final = (
    "explorer.experiments.degradation:train",
    "explorer.experiments.degradation:delete_each_block",
)
_log = logging.getLogger(__name__)


@st.cache_resource
def service() -> JobService:
    """Trainings in a process of their own, one at a time, or on the cluster that the owner names;
    their folder is this server's own, or one that several servers share."""
    from explorer.experiments.jobs import SCHEME, Bounds, Cluster, JobService, Shared
    from explorer.experiments.jobs import worker_process as local

    where, folder = settings.jobs(), settings.jobs_folder()
    cluster = where.startswith(SCHEME)
    if not cluster and where != "local":
        _log.error("%s=%r is neither local nor dask://host:port: local", settings.JOBS, where)
    shared = None
    if folder is not None:
        try:
            shared = Shared(folder, Bounds(settings.jobs_bytes(), settings.jobs_age()))
        except OSError:
            _log.exception("the folder of runs cannot be used; runs end with this server")
    if cluster and shared is None:
        # Its workers would write where nobody looks.
        _log.error("no folder is shared with the cluster of %s: runs go on beside the app", where)
        cluster = False
    return JobService(
        partial(Cluster, where) if cluster else local, shared=shared, known=_FUNCTIONS
    )


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
