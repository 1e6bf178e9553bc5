"""Mends what Streamlit's sessions do with requests that follow each other closely.

- What a page is told last (its last elements, and that the run has finished) stands in the queue
  of the server's loop for a moment. A part of the page that asks for a run in that moment, as one
  does that looks at a training or reads the browser's store, would get a new runner at once, and
  what the old one still had to say would be dropped as being nobody's: the page waits for ever.
- A part of a page that asks for a run after the visitor has followed a link, and before the browser
  has heard of the next page, would lead back to the page that was left, or to an empty one.
"""

from time import monotonic
from typing import Any, Final
from weakref import WeakKeyDictionary

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession, AppSessionState

_LOOK_S: Final = 0.002
_PATIENCE_S: Final = 1.0
"""A runner that was told to stop may compute on; then the new run begins beside it."""
_sessions: Any = AppSession


def begin() -> None:
    """To be called once, before the first visitor."""
    if AppSession.request_rerun.__module__ != __name__:
        _hear_each_run_out()
        _stay_on_the_page_asked_for()


def _hear_each_run_out() -> None:
    create = AppSession._create_scriptrunner

    def when_heard(session: Any, wanted: Any, since: float | None = None) -> None:
        """Called where no runner takes the request: there is none, or it has just ended."""
        since = monotonic() if since is None else since
        runner = session._scriptrunner
        if session._state == AppSessionState.SHUTDOWN_REQUESTED:
            return
        if runner is not None and runner.request_rerun(wanted):
            return  # another request was served meanwhile, and its runner takes this one too
        if runner is None or monotonic() - since > _PATIENCE_S:
            create(session, wanted)
        else:
            session._event_loop.call_later(_LOOK_S, when_heard, session, wanted, since)

    _sessions._create_scriptrunner = when_heard


def _stay_on_the_page_asked_for() -> None:
    request, tell = AppSession.request_rerun, AppSession._create_new_session_message
    asked: WeakKeyDictionary[AppSession, str] = WeakKeyDictionary()
    left: WeakKeyDictionary[AppSession, set[str]] = WeakKeyDictionary()

    def requested(session: AppSession, state: ClientState | None) -> None:
        page = state.page_script_hash if state else ""
        if state and state.fragment_id:
            if page in left.get(session, ()):
                return
        elif page:
            left[session] = {asked.get(session, ""), session.page_script_hash} - {page, ""}
        if page:
            asked[session] = page
        request(session, state)

    def told(session: AppSession, page: str, *rest: Any) -> Any:
        # Where a page leads to another by itself, that is where the visitor is.
        left.get(session, set()).discard(page)
        return tell(session, page, *rest)

    _sessions.request_rerun = requested
    _sessions._create_new_session_message = told
