"""What makes clicks cheap around the app: each holds for its own, and changes nothing one sees."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import uvicorn
import websockets
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner_utils.run_descriptor import RunDescriptor
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from explorer.ui.server import speed
from explorer.ui.server.batches import Batches, Framed, Joined
from tests.benchmarks.load import Visitor
from tests.browser.driver import TIMEOUT_S

ENDED = "the app has ended"


def through(app, scope_type="websocket"):
    """What reaches the server when `app(send)` sends through Batches, in its order."""
    sent = []

    async def send(message):
        sent.append(message)

    async def inner(scope, receive, send):
        await app(send)
        sent.append(ENDED)

    asyncio.run(Batches(inner)({"type": scope_type}, None, send))
    return sent


def piece(number, size=10):
    return {"type": "websocket.send", "bytes": bytes([number % 256]) * size}


def test_messages_arrive_whole_and_in_order():
    pieces = [piece(number, 1 + number * 37 % 900) for number in range(300)]

    async def app(send):
        await send({"type": "websocket.accept"})
        for number, message in enumerate(pieces):
            await send(message)
            if number % 50 == 0:
                await asyncio.sleep(0.004)
        await send({"type": "websocket.close"})

    found = through(app)
    assert found == [{"type": "websocket.accept"}, *pieces, {"type": "websocket.close"}, ENDED]


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_a_batch_reaches_a_browser_in_one_piece(monkeypatch, compression):
    """Through the real server: some hundred messages, a text and an empty one among them, some of
    them framed before, of every length that a frame has a head of its own for."""
    framed = [bytes([7]) * length for length in (0, 1, 125, 126, 65_535, 65_536, 70_000)]
    said = [bytes([number]) * (1 + number * 37 % 900) for number in range(200)]
    said[50:50] = ["a text", b""]
    wanted = [*said, *framed, b"between", *framed]
    sent = []
    plain = WebSocketsSansIOProtocol.send
    monkeypatch.setattr(
        WebSocketsSansIOProtocol,
        "send",
        lambda server, message: (sent.append(message), plain(server, message))[1],
    )

    async def app(scope, receive, send):
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "bytes": Joined(said[:50])})
        for one in said[50:]:
            await send({"type": "websocket.send", "text" if isinstance(one, str) else "bytes": one})
        for part in ([Framed(framed), b"between"], [Framed(framed)]):
            await send({"type": "websocket.send", "bytes": Joined(part)})
        await receive()  # that one has come
        await receive()  # what the browser says when it has heard all

    async def hear():
        config = uvicorn.Config(Batches(app), lifespan="off", log_level="critical")
        server = uvicorn.Server(config)
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            port = listening.getsockname()[1]
            address = f"ws://127.0.0.1:{port}"
            async with (
                asyncio.timeout(60),
                websockets.connect(address, compression=compression) as browser,
            ):
                found = [await browser.recv() for _ in wanted]
                await browser.send("all")
            server.should_exit = True
            await serving
        return found

    assert asyncio.run(hear()) == wanted
    # What is compressed takes its way one by one where it was framed before.
    assert len(sent) < (20 if compression is None else 20 + 2 * len(framed))


def test_the_last_message_does_not_wait_for_another():
    async def app(send):
        await send(piece(1))
        await asyncio.sleep(0.2)

    assert through(app) == [piece(1), ENDED]


def test_what_is_large_is_waited_for():
    """A slow reader must be noticed: whoever sends may not run ahead without end."""
    taken = []

    async def slow(message):
        await asyncio.sleep(0.01)
        taken.append(message)

    async def app(scope, receive, send):
        for number in range(10):
            await send(piece(number, 300_000))
            assert len(taken) == number + 1

    asyncio.run(Batches(app)({"type": "websocket"}, None, slow))
    assert len(taken) == 10


def test_a_broken_connection_is_told_to_whoever_sends_next():
    async def broken(message):
        raise OSError("gone")

    async def app(scope, receive, send):
        await send(piece(1))
        await asyncio.sleep(0.05)
        with pytest.raises(OSError, match="gone"):
            await send(piece(2))

    asyncio.run(Batches(app)({"type": "websocket"}, None, broken))


def test_other_requests_pass_untouched():
    async def app(send):
        await send({"type": "http.response.start"})

    assert through(app, "http") == [{"type": "http.response.start"}, ENDED]


class Session:
    """As much of a visitor's session as the start of a run asks for."""

    _populate_app_pages = AppSession._populate_app_pages
    _script_data = ScriptData("app.py", False)
    _run_on_save = False
    _state = AppSessionState.APP_IS_RUNNING
    id = "visitor"

    def __init__(self):
        self._pages_manager = PagesManager("app.py")

    def _compute_skills_nudge_state(self):
        return False, ""


def test_the_start_of_a_run_says_what_streamlit_would_say(monkeypatch):
    """Whatever of it is another: the page, the list of pages, the run, the setting, the visitor."""
    greet = AppSession._create_new_session_message
    monkeypatch.setattr(AppSession, "_create_new_session_message", greet)
    speed._greet_once()
    quick = AppSession._create_new_session_message
    assert quick is not greet
    one, other = Session(), Session()
    other.id = "another"
    pages = {f"hash {name}": page_info(name) for name in ("home", "quiz")}
    fewer = {"hash home": page_info("home")}
    found = []
    for session, page, run, listed in (
        (one, "hash home", ("1", []), pages),
        (one, "hash home", ("2", ["part"]), pages),
        (one, "hash quiz", ("3", []), pages),
        (other, "hash quiz", ("4", []), pages),
        (one, "hash quiz", ("5", []), fewer),
        (one, "hash quiz", ("6", []), None),
    ):
        run_now = RunDescriptor(*run)
        message = quick(session, page, run_now, listed)
        assert message == greet(session, page, run_now, listed)
        message.hash = "as the queue does, to its own"
        found.append(message.new_session.custom_theme.ByteSize())
    one._run_on_save = True
    run = RunDescriptor("7", [])
    assert quick(one, "hash quiz", run, fewer) == greet(one, "hash quiz", run, fewer)
    assert min(found) > 100, "the settings have a theme"


def page_info(name):
    return {
        "page_script_hash": f"hash {name}",
        "page_name": name,
        "icon": "",
        "script_path": f"pages/{name}.py",
        "url_pathname": name,
    }


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inherited on Linux")
def test_answers_are_sent_at_once():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        speed._send_at_once()
        with socket.create_connection(listening.getsockname()):
            connection, _ = listening.accept()
            with connection:
                assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_torch_is_loaded_after_the_first_page_and_not_before(start):
    """It begins a second after the page is out; who reads that later than so may come again."""

    async def first_page(running, maps):
        async with Visitor(running.url) as visitor:
            await visitor.rerun()
            return "libtorch" in maps.read_text()

    for _ in range(5):
        running = start()
        maps = Path(f"/proc/{running.process.pid}/maps")
        assert "libtorch" not in maps.read_text()
        if not asyncio.run(first_page(running, maps)):
            break
        running.stop()
    else:
        raise AssertionError("the first page waited for torch, five times")
    end = time.monotonic() + TIMEOUT_S
    while "libtorch" not in maps.read_text():
        assert time.monotonic() < end, "nothing loads it behind the pages"
        time.sleep(0.2)
    assert "Traceback" not in running.log.read_text()


@pytest.mark.parametrize(("said", "threads"), [("1", 1), ("3", 3), ("", None), ("many", None)])
def test_threads_of_a_pass_are_the_owners_in_every_thread(said, threads):
    """In a server's process, which loads torch after it has begun; visitors run in threads."""
    program = """
from concurrent.futures import ThreadPoolExecutor
from explorer.ui.server import speed
speed.begin()
import torch
with ThreadPoolExecutor(1) as pool:
    print(torch.get_num_threads(), pool.submit(torch.get_num_threads).result())
"""
    environment = {**os.environ, "RESNET_EXPLORER_THREADS": said, "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    # torch takes no more than the machine has.
    expected = min(threads or 2, os.cpu_count() or 1)
    assert done.stdout.split() == [str(expected)] * 2


@pytest.mark.parametrize(("said", "turns"), [(None, "5000"), ("7", "7")])
def test_threads_that_wait_leave_the_cores_to_others(monkeypatch, said, turns):
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    if said is not None:
        monkeypatch.setenv("GOMP_SPINCOUNT", said)
    speed.let_threads_rest()
    assert os.environ["GOMP_SPINCOUNT"] == turns
