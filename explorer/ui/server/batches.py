"""Sends what a run says in a few large pieces instead of some hundred small ones.

Streamlit hands each element of a page to the server as a message of its own, and each became a
call of the operating system: a third of a page's whole cost. Messages of a few milliseconds are
kept back here and handed on in one go, as one piece where uvicorn lets us. Their order stays.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

_WAIT_S: Final = 0.003
"""Nobody sees that a page comes so much later."""
_MOST_BYTES: Final = 256 * 1024
"""More than this is sent at once, and whoever sends waits for it: a slow reader is noticed."""


class Joined(bytes):
    """Messages, and `Framed` ones, that go through the server as one; `Batches` takes them apart
    again."""

    parts: tuple[bytes, ...]

    def __new__(cls, parts: Iterable[bytes]) -> "Joined":
        made = super().__new__(cls)
        made.parts = tuple(parts)
        return made


class Framed(bytes):
    """Several messages with the head that a websocket puts before each: made once, for all who
    are told the same."""

    messages: tuple[bytes, ...]

    def __new__(cls, messages: Iterable[bytes]) -> "Framed":
        every = tuple(messages)
        frames = (Frame(Opcode.BINARY, one).serialize(mask=False) for one in every)
        made = super().__new__(cls, b"".join(frames))
        made.messages = every
        return made


class Batches:
    """Puts a batch between the app and each websocket."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        batch = _Batch(send)
        try:
            await self.app(scope, receive, batch.send)
        finally:
            batch.end()


class _Batch:
    """Of one websocket."""

    def __init__(self, send: Send) -> None:
        self._send = send
        # uvicorn's own, which frames messages and sends all that is framed with the next one.
        server = getattr(send, "__self__", None)
        self._frames = server.conn if isinstance(server, WebSocketsSansIOProtocol) else None
        self._kept: list[Message | bytes] = []
        self._bytes = 0
        self._under_way: asyncio.Task[None] | None = None

    async def send(self, message: Message) -> None:
        """Take a message; what went wrong with earlier ones is raised here."""
        if self._under_way is not None and self._under_way.done():
            self._under_way.result()
            self._under_way = None
        if message["type"] != "websocket.send":
            await self._all()
            await self._send(message)
            return
        said = message.get("bytes")
        if isinstance(said, Joined):
            self._kept += said.parts
            self._bytes += len(said)
        else:
            self._kept.append(message)
            self._bytes += len(said or message.get("text") or b"")
        if self._bytes > _MOST_BYTES:
            await self._all()
        elif self._under_way is None:
            self._under_way = asyncio.create_task(self._soon())

    def end(self) -> None:
        """The connection is gone, and with it what was still kept."""
        if self._under_way is not None:
            self._under_way.cancel()
            # Looked at here, or it would be reported in the log: the visitor has left.
            if self._under_way.done() and not self._under_way.cancelled():
                self._under_way.exception()

    async def _soon(self) -> None:
        await asyncio.sleep(_WAIT_S)
        await self._hand_on()

    async def _all(self) -> None:
        """Send all that is kept, after what is being sent."""
        if self._under_way is not None:
            await self._under_way
            self._under_way = None
        await self._hand_on()

    async def _hand_on(self) -> None:
        while self._kept:
            batch, self._kept, self._bytes = self._kept, [], 0
            last = batch.pop()
            if isinstance(last, Framed):
                *before, last = last.messages
                batch += before
            for one in batch:
                if not self._framed(one):
                    for each in one.messages if isinstance(one, Framed) else (one,):
                        await self._send(_message(each))
            await self._send(_message(last))

    def _framed(self, one: Message | bytes) -> bool:
        """Put what can be into the server's hands, to be sent with the next that is sent."""
        said = one if isinstance(one, bytes) else one.get("bytes")
        server = self._frames
        if server is None or server.state is not State.OPEN or said is None:
            return False
        if not isinstance(said, Framed):
            server.send_binary(said)
        elif server.extensions:  # each message would be compressed
            return False
        else:
            server.writes.append(said)
        return True


def _message(one: Message | bytes) -> Message:
    return {"type": "websocket.send", "bytes": one} if isinstance(one, bytes) else one
