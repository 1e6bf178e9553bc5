"""Headers that tell a browser what these pages never do."""

import re
from typing import Final

from starlette.datastructures import Headers as Asked
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.ui import settings

_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        # Streamlit's own page starts with an inline script; components are modules made of
        # blobs, and Plotly and WebAssembly compile code while they run.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' {websocket}data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)

_HOST: Final = re.compile(r"[A-Za-z0-9.:\[\]-]+")


def policy(host: str, ancestors: str) -> str:
    """The Content-Security-Policy of this server's answers, as `host` it was asked by."""
    # 'self' covers the websocket in current browsers; older ones want it named.
    websocket = f"ws://{host} wss://{host} " if _HOST.fullmatch(host) else ""
    return f"{_POLICY.format(websocket=websocket)}; frame-ancestors {ancestors}"


class Headers:
    """Adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = Asked(scope=scope).get("host", "")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                ancestors = settings.frame_ancestors()
                headers["Content-Security-Policy"] = policy(host, ancestors)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
                # Older than frame-ancestors, and without a way to name other sites.
                old = {"'self'": "SAMEORIGIN", "'none'": "DENY"}
                if ancestors in old:
                    headers["X-Frame-Options"] = old[ancestors]
            await send(message)

        await self.app(scope, receive, with_headers)
