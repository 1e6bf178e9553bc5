"""Hands what a run says over to the server's loop in a few pieces.

A run draws in a thread of its own. Streamlit wakes the loop for each of its messages, some hundred
for a page, and again for the news that something is to be sent; each waking is a call of the
operating system, after which two threads want the one lock of Python. Here messages wait for some
milliseconds, or until the run tells something else, such as that it has ended. Their order stays.
"""

from collections import deque
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Any, Final
from weakref import WeakKeyDictionary

from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_cache import create_reference_msg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.runtime_util import serialize_forward_msg
from streamlit.runtime.scriptrunner import ScriptRunner, ScriptRunnerEvent
from streamlit.runtime.session_manager import SessionClientDisconnectedError
from streamlit.web.server.starlette.starlette_websocket import StarletteSessionClient

from explorer.ui.server.batches import Framed, Joined

_WAIT_S: Final = 0.005
"""Streamlit's own loop looks as often for what is to be sent."""
_SAYS: Final = ScriptRunnerEvent.ENQUEUE_FORWARD_MSG
_AT_ONCE: Final = 64
"""Messages between which the loop does nothing else; a visitor's connection takes 500."""
_sessions: Any = AppSession
_runtimes: Any = Runtime


class Several:
    """Elements and boxes of one part of a page, each at a place of its own, that a run says in one
    go. In a session's queue they stand as one message."""

    def __init__(self, messages: list[ForwardMsg]) -> None:
        self.messages = messages
        self._places = [tuple(message.metadata.delta_path) for message in messages]
        self._large = frozenset(one.hash for one in messages if one.metadata.cacheable)
        self._named: dict[frozenset[str], Several] = {}

    def __iter__(self) -> Iterator[ForwardMsg]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)

    @cached_property
    def framed(self) -> Framed:
        """As they are sent: put together once, however often they are said, and to how many."""
        return Framed(map(serialize_forward_msg, self.messages))

    def to_one_who_has(self, hashes: Collection[str]) -> "Several":
        """The same to a browser that has kept large ones: those are named only."""
        known = self._large.intersection(hashes)
        if not known:
            return self
        if known not in self._named:
            self._named[known] = Several(
                [create_reference_msg(one) if one.hash in known else one for one in self.messages]
            )
        return self._named[known]

    def stand_in(self, queue: Any) -> None:
        """Put these behind all that a session's queue holds. What comes later at one of their
        places is sent after them, and not in the place of what came before them."""
        for place in self._places:
            queue._delta_index_map.pop(place, None)
        queue._queue.append(self)

    # What a queue that is cleared asks each of its messages: whose part it is.

    @property
    def delta(self) -> Delta:
        return self.messages[0].delta

    def HasField(self, name: str) -> bool:
        return self.messages[0].HasField(name)  # type: ignore[arg-type]

    def WhichOneof(self, name: str) -> str | None:
        return self.messages[0].WhichOneof(name)  # type: ignore[arg-type]


def hand_over(context: Any, messages: Several) -> None:
    """Say several messages of a run in one go; one by one where something listens to each."""
    if not messages:
        return
    runner = getattr(context._enqueue, "__self__", None)
    if (
        AppSession._on_scriptrunner_event.__module__ != __name__
        or type(runner) is not ScriptRunner
        or "enqueue" in vars(context)
        or ForwardMsgQueue._before_enqueue_msg
    ):
        for message in messages:
            context.enqueue(message)
        return
    # As with each message of a run: here it ends if something else is asked for by now.
    runner._maybe_handle_execution_control_request()
    known = messages.to_one_who_has(context.cached_message_hashes)
    runner.on_event.send(runner, event=_SAYS, forward_msg=known)


def _as_sent(one: ForwardMsg | Several) -> bytes:
    return one.framed if isinstance(one, Several) else serialize_forward_msg(one)


class _Waiting:
    """What the runners of one session tell, in its order, until the loop has heard it."""

    def __init__(self) -> None:
        self.told: deque[tuple[Any, Any, dict[str, Any]]] = deque()
        self.expected = False


def begin() -> None:
    """To be called once, before the first visitor."""
    _hear_in_pieces()
    _send_in_pieces()


def _hear_in_pieces() -> None:
    if AppSession._on_scriptrunner_event.__module__ == __name__:
        return
    handle = AppSession._handle_scriptrunner_event_on_event_loop
    every: WeakKeyDictionary[AppSession, _Waiting] = WeakKeyDictionary()

    def told(session: Any, sender: Any, event: Any, **more: Any) -> None:
        """Called in the run's thread."""
        waiting = every.get(session)
        if waiting is None:
            waiting = every.setdefault(session, _Waiting())
        waiting.told.append((sender, event, more))
        if event is not _SAYS:
            session._call_soon_on_event_loop(lambda: hear(session, waiting))
        elif not waiting.expected:
            waiting.expected = True
            session._call_soon_on_event_loop(
                lambda: session._event_loop.call_later(_WAIT_S, hear, session, waiting)
            )

    def hear(session: Any, waiting: _Waiting) -> None:
        """Called in the loop."""
        # Before it looks: what comes meanwhile is told anew.
        waiting.expected = False
        said = False
        try:
            while waiting.told:
                sender, event, more = waiting.told.popleft()
                if event is not _SAYS:
                    handle(session, sender, event, **more)
                # As Streamlit does: what a runner says that was replaced is nobody's.
                elif sender is session._scriptrunner:
                    message = more["forward_msg"]
                    if isinstance(message, Several):
                        message.stand_in(session._browser_queue)
                    else:
                        session._browser_queue.enqueue(message)
                    said = True
        finally:
            if said and session._message_enqueued_callback:
                session._message_enqueued_callback()
            if waiting.told:  # something failed, and is in the log
                session._call_soon_on_event_loop(lambda: hear(session, waiting))

    _sessions._on_scriptrunner_event = told


def _send_in_pieces() -> None:
    """Let the loop turn once for some messages; Streamlit lets it turn after each."""
    flush, send = AppSession.flush_browser_queue, Runtime._send_message
    if flush.__module__ == __name__:
        return

    def flushed(session: Any) -> list[Any]:
        every = flush(session)
        return [every[place : place + _AT_ONCE] for place in range(0, len(every), _AT_ONCE)]

    def sent(runtime: Any, visitor: Any, messages: Any) -> None:
        client = visitor.client
        # Whoever reads slowly has messages waiting, and Streamlit counts those: one by one.
        if not isinstance(client, StarletteSessionClient) or not client._send_queue.empty():
            for one in messages:
                for message in one if isinstance(one, Several) else (one,):
                    send(runtime, visitor, message)
        elif client._closed.is_set():
            raise SessionClientDisconnectedError
        else:
            client._send_queue.put_nowait(Joined(map(_as_sent, messages)))

    _sessions.flush_browser_queue = flushed
    _runtimes._send_message = sent
