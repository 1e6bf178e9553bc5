"""Files are taken where a page asks for one, within sums, and only in memory."""

import asyncio
import socket
import time

import pytest

from explorer.ui.server import guard
from explorer.words import section
from tests.benchmarks.load import Visitor
from tests.browser.driver import HOST
from tests.server.conftest import LIMITS, MB, ask, memory_mb, open_files, own, settled_mb, upload

UPLOADER = ("inference", "infer_from=upload")


def visiting(server, page, query, do):
    """Let a visitor open a page and, while they are there, `do(session)` in a thread."""

    async def visit():
        async with Visitor(server.url, page, query) as visitor:
            await visitor.rerun()
            assert visitor.session
            return await asyncio.to_thread(do, visitor.session)

    return asyncio.run(visit())


def test_a_page_without_an_uploader_takes_no_file(server):
    before = settled_mb(server)

    def flood(session):
        return [upload(server, session, f"f{number}", 50 * MB) for number in range(6)]

    answers = visiting(server, "", "", flood)
    assert {answer.status for answer in answers} == {403}
    assert answers[0].text == "This page asks for no file."
    assert memory_mb(server) < before + 150, "300 MB were sent"


def test_an_unknown_session_is_refused(server):
    assert upload(server, "nobody", "f", 10).status in (400, 403)


def test_only_a_page_of_this_server_sends_and_removes_files(server):
    """No cookie is asked for: browsers keep none for a page within another site's."""
    foreign = {"Origin": "https://evil.example"}

    def send(session):
        remove = ("DELETE", f"/_stcore/upload_file/{session}/f")
        return [
            upload(server, session, "f", 10, foreign),
            upload(server, session, "f", 10, {"Origin": "null"}),
            ask(server, *remove, **foreign),
            upload(server, session, "f", 10),
            ask(server, *remove, **own(server)),
        ]

    refused = section("frame", "upload from elsewhere")
    answers = visiting(server, *UPLOADER, send)
    assert [answer.status for answer in answers] == [403, 403, 403, 204, 204]
    assert {answer.text for answer in answers[:3]} == {refused}
    assert not any("set-cookie" in answer.headers for answer in answers)


def test_files_of_one_visitor_have_a_sum(server):
    allowed = int(LIMITS["RESNET_EXPLORER_UPLOADS_PER_VISITOR_MB"])

    def send(session):
        return [upload(server, session, f"f{number}", 1 * MB - 500) for number in range(5)]

    answers = visiting(server, *UPLOADER, send)
    assert [answer.status for answer in answers] == [204] * allowed + [413] * (5 - allowed)
    assert f"{allowed} MB" in answers[-1].text


def test_files_of_all_visitors_have_a_sum(server):
    """Two visitors within their own sums; the third file of the second is one too many.

    What earlier visitors left is still held, or gone by now: this test's own files decide."""

    def first(session):
        mine = [upload(server, session, f"f{number}", 1 * MB - 500).status for number in range(3)]
        return mine + visiting(
            server,
            *UPLOADER,
            lambda other: [
                upload(server, other, f"f{number}", 1 * MB - 500).status for number in range(3)
            ],
        )

    statuses = visiting(server, *UPLOADER, first)
    assert statuses[-1] == 413
    assert statuses.count(204) <= int(LIMITS["RESNET_EXPLORER_UPLOADS_MB"])


def test_a_lying_length_gains_nothing(server):
    """A body longer than it says, or of no stated length, is not taken."""

    def send(session):
        lines = [
            f"PUT /_stcore/upload_file/{session}/lie HTTP/1.1",
            f"Host: {HOST}:{server.port}",
            *(f"{name.replace('_', '-')}: {value}" for name, value in own(server).items()),
            "Content-Type: multipart/form-data; boundary=b",
            "Transfer-Encoding: chunked",
            "",
            "",
        ]
        with socket.create_connection((HOST, server.port), 20) as connection:
            connection.sendall("\r\n".join(lines).encode() + b"5\r\n--b\r\n\r\n0\r\n\r\n")
            return connection.recv(200)

    assert b" 411 " in visiting(server, *UPLOADER, send)


def announced(server, session, name, size):
    """An upload that says how long it is, and of which nothing comes."""
    lines = [
        f"PUT /_stcore/upload_file/{session}/{name} HTTP/1.1",
        f"Host: {HOST}:{server.port}",
        *(f"{key.replace('_', '-')}: {value}" for key, value in own(server).items()),
        "Content-Type: multipart/form-data; boundary=b",
        f"Content-Length: {size}",
        "",
        "",
    ]
    connection = socket.create_connection((HOST, server.port), 20)
    connection.sendall("\r\n".join(lines).encode() + b"--b\r\n")
    return connection


def test_files_that_never_come_take_nobodys_room(start):
    """Two visitors announce nearly all that all may upload together; a third uploads."""
    server, size = start(**LIMITS), 2_400_000

    def first(session):
        held = [announced(server, session, "a", size)]

        def second(other):
            held.append(announced(server, other, "b", size))
            # Once an answer to a later request is there, the earlier ones have been looked at.
            return [visiting(server, *UPLOADER, lambda third: upload(server, third, "c", MB).status)
                    for _ in range(2)]  # fmt: skip

        try:
            return visiting(server, *UPLOADER, second)
        finally:
            for connection in held:
                connection.close()

    assert visiting(server, *UPLOADER, first) == [204, 204]


def through_the_guard(pieces, monkeypatch, stall=60.0):
    """What a visitor of the session `s` is answered who sends these pieces and then nothing."""
    monkeypatch.setattr(guard, "STALL_S", stall)
    monkeypatch.setattr(guard, "_kept", dict)
    monkeypatch.setenv("RESNET_EXPLORER_UPLOADS_PER_VISITOR_MB", "1")
    guard.takes_uploads("s")
    scope = {
        "type": "http",
        "method": "PUT",
        "path": "/_stcore/upload_file/s/f",
        "headers": [(b"content-length", b"900000")],
    }
    answered, waiting = [], list(pieces)

    async def receive():
        if not waiting:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": waiting.pop(0), "more_body": True}

    async def send(message):
        answered.append(message)

    async def app(scope, receive, send):
        try:
            while True:
                await receive()
        except Exception:
            await send({"type": "http.response.start", "status": 500, "headers": []})
            raise

    door = guard.Guard(app)
    asyncio.run(door(scope, receive, send))
    assert door.coming == {}
    return answered[0]["status"], answered[1]["body"].decode()


def test_an_upload_that_stands_still_is_let_go_of(monkeypatch):
    status, text = through_the_guard([b"1" * 1000], monkeypatch, stall=0.05)
    assert (status, text) == (408, section("frame", "upload stalled"))


def test_an_upload_beside_others_ends_where_the_sum_does(monkeypatch):
    status, text = through_the_guard([b"1" * 400_000] * 3, monkeypatch)
    assert (status, text) == (413, section("frame", "upload of one", allowed=1))


def test_a_picture_on_its_way_is_never_on_disk(server):
    """The page promises it; above 1 MB the web server would use a temporary file."""

    def send(session):
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        lines = [
            f"PUT /_stcore/upload_file/{session}/slow HTTP/1.1",
            f"Host: {HOST}:{server.port}",
            *(f"{name.replace('_', '-')}: {value}" for name, value in own(server).items()),
            "Content-Type: multipart/form-data; boundary=b",
            f"Content-Length: {2_500_000 + len(head) + 9}",
            "",
            "",
        ]
        before = set(open_files(server))
        with socket.create_connection((HOST, server.port), 20) as connection:
            connection.sendall("\r\n".join(lines).encode() + head + bytes(2_400_000))
            end = time.monotonic() + 1
            seen: set[str] = set()
            while time.monotonic() < end:
                seen |= set(open_files(server)) - before
                time.sleep(0.02)
        return [name for name in seen if not name.startswith(("socket:", "anon_inode:", "pipe:"))]

    written = visiting(server, *UPLOADER, send)
    assert [name for name in written if "deleted" in name or "/tmp" in name] == []


@pytest.mark.parametrize("name", ["../../x", "..%2f..%2fx", "a/b/c", "%00"])
def test_a_name_leads_nowhere(server, name):
    assert upload(server, "nobody", name, 10).status in (400, 403, 404, 405)
