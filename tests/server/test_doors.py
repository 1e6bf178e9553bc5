"""Headers, doors that are shut, messages that are none, and how a server ends."""

import asyncio
import contextlib
import os
import resource
import signal
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg

from explorer.ui import settings
from explorer.ui.server import guard
from tests.benchmarks.load import Visitor
from tests.browser.driver import TIMEOUT_S
from tests.server.conftest import ask

PATHS = ("/", "/inference", "/_stcore/health", "/_stcore/host-config", "/media/nothing.png",
         "/static/nothing.js", "/_stcore/metrics")  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_says_what_a_page_never_does(server, path):
    headers = ask(server, "GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in ("no-referrer", "same-origin")
    assert headers["x-frame-options"] in ("SAMEORIGIN", "DENY")
    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] in ("'self'", "'none'")
    for sources in policy.values():
        assert "*" not in sources and "http" not in sources, "no other site is trusted"


def test_other_sites_may_frame_the_app_where_the_owner_says_so(start):
    site = "https://school.example"
    headers = ask(start(RESNET_EXPLORER_FRAME_ANCESTORS=site), "GET", "/").headers
    assert f"frame-ancestors {site}" in headers["content-security-policy"]
    assert "x-frame-options" not in headers


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("", "'self'"),
        ("self", "'self'"),
        ("'none'", "'none'"),
        ("self, https://a.example;https://b.example", "'self' https://a.example https://b.example"),
        ("https://a.example/course/1", "https://a.example"),
        ("https://a.example\r\nSet-Cookie: x=1", "https://a.example Set-Cookie: x=1"),
        ("https://学校.example", "'self'"),
        ("*", "*"),
    ],
)
def test_sites_are_understood_as_they_are_meant(said, meant, monkeypatch):
    monkeypatch.setenv("RESNET_EXPLORER_FRAME_ANCESTORS", said)
    assert settings.frame_ancestors() == meant


def test_a_page_may_connect_to_its_own_server_only(server):
    policy = ask(server, "GET", "/", Host="school.example:8080").headers["content-security-policy"]
    own = "'self' ws://school.example:8080 wss://school.example:8080 data: blob:"
    assert f"connect-src {own};" in policy
    odd = ask(server, "GET", "/", Host="a; script-src evil").headers["content-security-policy"]
    assert "connect-src 'self' data: blob:;" in odd and "evil" not in odd


def test_below_a_path_health_is_told_where_deploy_asks_for_it(start):
    """It starts as soon as it says there that it is well."""
    below = start(STREAMLIT_SERVER_BASE_URL_PATH="explorer")
    for path in ("/_stcore/health", "/explorer/_stcore/health"):
        answer = ask(below, "GET", path)
        assert (answer.status, answer.text) == (200, "ok")
    assert ask(below, "GET", "/explorer/quiz").status == 200
    assert ask(below, "GET", "/_stcore/host-config").status == 404


def test_metrics_are_shut_unless_the_owner_opens_them(server, start):
    assert ask(server, "GET", "/_stcore/metrics").status == 404
    assert ask(start(RESNET_EXPLORER_METRICS="yes"), "GET", "/_stcore/metrics").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../app.py",
        "/..%2f..%2fetc/passwd",
        "/media/..%2f..%2fapp.py",
        "/app/static/../../app.py",
        "/static/..%5c..%5capp.py",
    ],
)
def test_no_file_of_the_machine_is_served(server, path):
    answer = ask(server, "GET", path)
    assert "import streamlit" not in answer.text and "root:" not in answer.text
    assert "Traceback" not in answer.text and str(Path.cwd()) not in answer.text


# --- websockets -----------------------------------------------------------------------------------


def connect(server, **options):
    address = server.url.replace("http", "ws", 1) + "/_stcore/stream"
    return websockets.connect(address, subprotocols=["streamlit"], proxy=None, **options)


def test_a_foreign_page_gets_no_connection_and_asks_nobody(start):
    """Streamlit would ask the internet for this machine's address, and wait for it."""
    asked = []

    class Proxy(socketserver.BaseRequestHandler):
        def handle(self):
            asked.append(self.request.recv(200))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{proxy.server_address[1]}"
        server = start(http_proxy=address, https_proxy=address, no_proxy="")

        async def come(origin):
            async with connect(server, origin=origin):
                pass

        for origin in ("https://evil.example", "null", "http://127.0.0.1:1", "http://[broken"):
            with pytest.raises((websockets.WebSocketException, OSError)):
                asyncio.run(come(origin))
        asyncio.run(come(server.url))
        proxy.shutdown()
    assert asked == []
    assert "Traceback" not in server.log_tail()


@pytest.mark.parametrize("message", ["text", b"", b"\xff" * 100, b"\x0a\xff\xff\xff\xff\x0f"],
                         ids=["text", "empty", "garbage", "length"])  # fmt: skip
def test_a_message_that_is_none_leaves_no_trace(server, message):
    before = len(server.log.read_text(errors="replace"))

    async def say():
        async with connect(server) as socket:
            await socket.send(message)
            # Once another visitor has a whole page, this has been looked at.
            async with Visitor(server.url) as visitor:
                await visitor.rerun()
            with contextlib.suppress(websockets.ConnectionClosed):
                await socket.ping()

    asyncio.run(say())
    assert "Traceback" not in server.log.read_text(errors="replace")[before:]
    assert server.healthy()


def test_a_huge_message_ends_the_connection_only(server):
    async def say():
        async with connect(server, max_size=None) as socket:
            await socket.send(bytes(12 * 10**6))
            with pytest.raises(websockets.ConnectionClosed):
                async with asyncio.timeout(TIMEOUT_S):
                    while True:
                        await socket.recv()

    asyncio.run(say())
    assert server.healthy()


HARMFUL = {"clear_cache", "set_run_on_save", "load_git_info", "debug_disconnect_websocket",
           "debug_shutdown_runtime"}  # fmt: skip


def test_every_message_of_streamlits_is_known():
    """A new one is to be looked at: does it act on others?"""
    kinds = {field.name for field in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields}
    assert kinds == guard.OF_VISITORS | HARMFUL


@pytest.mark.parametrize("kind", sorted(HARMFUL))
def test_no_message_acts_on_other_visitors(kind):
    """One that clears the caches took the queue of trainings away from all."""
    harmful, click = BackMsg(), BackMsg()
    setattr(harmful, kind, True)
    click.rerun_script.query_string = "net=resnet20"
    sent = [
        *(
            {"type": "websocket.receive", "bytes": one.SerializeToString()}
            for one in (harmful, click)
        ),
        {"type": "websocket.disconnect", "code": 1000},
    ]
    heard = []

    async def app(scope, receive, send):
        while (message := await receive())["type"] != "websocket.disconnect":
            heard.append(BackMsg.FromString(message["bytes"]))

    async def receive():
        return sent.pop(0)

    asyncio.run(guard.Guard(app)({"type": "websocket", "headers": []}, receive, None))
    assert heard == [click]


# --- the process ----------------------------------------------------------------------------------


def test_it_opens_enough_files_for_a_class(start, monkeypatch):
    """Of 256, the usual limit on macOS, thirty visitors who reload use up more."""
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    real = subprocess.Popen

    def limited(*arguments, **options):
        return real(
            *arguments,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard)),
            **options,
        )

    monkeypatch.setattr(subprocess, "Popen", limited)
    server = start()
    limits = Path(f"/proc/{server.process.pid}/limits").read_text()
    soft = next(line.split()[3] for line in limits.splitlines() if "open files" in line)
    assert int(soft) >= min(4096, hard)


def test_it_ends_within_five_seconds_while_visitors_are_there(start):
    """Or a little later, on a machine on which it was slow to start."""
    server = start()

    async def visit():
        async with Visitor(server.url, "inference", "net=resnet20") as visitor:
            await visitor.rerun()
            began = time.monotonic()
            os.kill(server.process.pid, signal.SIGTERM)
            await asyncio.to_thread(server.process.wait, TIMEOUT_S)
            return time.monotonic() - began

    assert asyncio.run(visit()) < 4.5 + server.starting_s
    assert "Traceback" not in server.log_tail()
