"""Refuses what no visitor of the app asks for, before Streamlit spends anything on it.

- Uploads: only of a session whose page shows an uploader, and within a sum for each visitor and
  for the server. Streamlit itself takes any number of files from any session.
- A websocket of another origin, for which Streamlit would ask the internet for this machine's
  address, in the loop that serves everybody; and frames that are no message of its own, which
  would leave tracebacks in the log.
- The metrics, unless the owner wants them.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime import Runtime

from explorer.ui import settings
from explorer.words import section

_UPLOAD: Final = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/[^/]+$")
_LARGEST_MESSAGE: Final = 8 * 10**6
"""Bytes of a message from a browser: clicks and texts; files come another way."""
_WITH_UPLOADER: set[str] = set()


def takes_uploads(session: str) -> None:
    """Say that this session shows an uploader; its files are taken from now on."""
    _WITH_UPLOADER.add(session)


def ended(sessions: set[str]) -> None:
    """Forget sessions that have gone: all that are not among the living."""
    _WITH_UPLOADER.intersection_update(sessions)


class Guard:
    """Answers for the app where it must not be asked."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.coming: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.endswith("/_stcore/metrics") and not settings.metrics():
            await PlainTextResponse("Not found", 404)(scope, receive, send)
            return
        upload = _UPLOAD.search(path)
        if upload is None or scope["method"] not in ("PUT", "POST"):
            await self.app(scope, receive, send)
            return
        session = upload["session"]
        length = Headers(scope=scope).get("content-length", "")
        # The length is checked against what really comes by the server underneath.
        size = int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None
        problem = self._problem(session, size)
        if problem:
            status, sentence = problem
            await PlainTextResponse(sentence, status)(scope, receive, send)
            return
        size = size or 0
        self.coming[session] = self.coming.get(session, 0) + size
        try:
            await self.app(scope, receive, send)
        finally:
            self.coming[session] -= size
            if not self.coming[session]:
                del self.coming[session]

    def _problem(self, session: str, size: int | None) -> tuple[int, str] | None:
        """Why an upload is refused: the status and a sentence."""
        if size is None:
            return 411, section("frame", "upload without length")
        if session not in _WITH_UPLOADER:
            return 403, section("frame", "upload unasked")
        kept = _kept()
        mine = kept.get(session, 0) + self.coming.get(session, 0) + size
        if mine > settings.upload_of_one():
            allowed = settings.upload_of_one() // 10**6
            return 413, section("frame", "upload of one", allowed=allowed)
        if sum(kept.values()) + sum(self.coming.values()) + size > settings.upload_of_all():
            return 413, section("frame", "upload of all")
        return None

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if not _same_site(headers.get("origin"), headers.get("host")):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return

        async def checked() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and not _is_a_message(message):
                return {"type": "websocket.disconnect", "code": 1003}
            return message

        await self.app(scope, checked, send)


def _is_a_message(message: Message) -> bool:
    data = message.get("bytes")
    if data is None or len(data) > _LARGEST_MESSAGE:
        return False
    try:
        BackMsg.FromString(data)
    except DecodeError:
        return False
    return True


def _same_site(origin: str | None, host: str | None) -> bool:
    """Whether a page of this server asks; a program that is no browser names no origin."""
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False


def _kept() -> dict[str, int]:
    """Session -> bytes of its uploads that the server holds."""
    # What Streamlit offers publicly is their sum over all sessions.
    storage = Runtime.instance().uploaded_file_mgr.file_storage  # type: ignore[attr-defined]
    return {
        session: sum(len(file.data) for file in list(files.values()))
        for session, files in list(storage.items())
    }
