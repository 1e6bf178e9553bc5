"""Servers with limits that a test can reach, and what an attacker's own program sends them."""

import asyncio
import http.client
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.benchmarks.load import Visitor
from tests.browser.driver import HOST, Server

ROOT = Path(__file__).parents[2]
MB = 10**6
LIMITS = {
    "RESNET_EXPLORER_UPLOADS_PER_VISITOR_MB": "3",
    "RESNET_EXPLORER_UPLOADS_MB": "5",
}


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """Start a server of this test's own: `start("--server.baseUrlPath=x", NAME="value")`."""
    started: list[Server] = []

    def start(*flags: str, **environment: str) -> Server:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        running = Server(ROOT, tmp_path / f"streamlit-{len(started)}.log", *flags)
        started.append(running.start())
        return running

    yield start
    for running in started:
        running.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of a module, with small limits."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in LIMITS.items():
            patch.setenv(name, value)
        with Server(ROOT, tmp_path_factory.mktemp("server") / "streamlit.log") as running:
            yield running


class Answer:
    """Status, headers and text of an answer."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode(errors="replace")


def ask(server: Server, method: str, path: str, body: bytes | None = None, **headers) -> Answer:
    """One request; `_` in a header's name stands for `-`."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=60)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, sent)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def own(server: Server) -> dict[str, str]:
    """The header by which a browser tells that a page of the server's own asks."""
    return {"Origin": server.url}


def upload(
    server: Server, session: str, name: str, size: int, headers: dict[str, str] | None = None
) -> Answer:
    """Send a file of `size` bytes as the page's uploader would."""
    border = b"border-of-the-parts"
    body = (
        b"--" + border + b'\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n"
        + bytes(size)
        + b"\r\n--"
        + border
        + b"--\r\n"
    )
    kind = f"multipart/form-data; boundary={border.decode()}"
    path = f"/_stcore/upload_file/{session}/{name}"
    return ask(server, "PUT", path, body, Content_Type=kind, **(headers or own(server)))


def memory_mb(server: Server) -> float:
    """What the server's own process holds, in MB."""
    assert server.process is not None
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / MB


def open_files(server: Server) -> list[str]:
    """What the descriptors of the server's process lead to."""
    assert server.process is not None
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    found = []
    for entry in Path(f"/proc/{server.process.pid}/fd").iterdir():
        try:
            found.append(str(entry.readlink()))
        except OSError:
            continue
    return found


def settled_mb(server: Server) -> float:
    """What the server holds once all is loaded that it loads."""

    async def first_pages() -> None:
        # The second one waits for torch, so that all of it is there.
        for page in ("", "inference"):
            async with Visitor(server.url, page, "net=resnet20") as visitor:
                await visitor.rerun()

    asyncio.run(first_pages())
    end = time.monotonic() + 120
    found = 0.0
    while (now := memory_mb(server)) > found + 1 and time.monotonic() < end:
        found = now
        time.sleep(2)
    return now
