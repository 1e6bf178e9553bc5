"""Downloads from a server on this machine: good, wrong, broken off, missing, cancelled."""

import hashlib
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from explorer.networks.download import Download, Downloads

CONTENT = bytes(range(256)) * 8_000  # 2 MB: several chunks
PREFIX = hashlib.sha256(CONTENT).hexdigest()[:8]


class Handler(BaseHTTPRequestHandler):
    asked = 0
    gate = threading.Event()

    def do_GET(self) -> None:
        Handler.asked += 1
        if self.path == "/missing":
            self.send_error(404)
            return
        if self.path == "/forbidden":
            self.send_response(403, "![x](//host) *no*")
            self.end_headers()
            return
        self.send_response(200)
        lengths = {"/corrupt": "1e6, many", "/negative": "-5", "/digits": "9" * 5_000}
        if self.path != "/silent":
            self.send_header("Content-Length", lengths.get(self.path, str(len(CONTENT))))
        self.end_headers()
        half = len(CONTENT) // 2
        try:
            self.wfile.write(CONTENT[:half])
            if self.path == "/broken":
                return
            if self.path == "/slow":
                Handler.gate.wait(20)
            self.wfile.write(CONTENT[half:])
        except OSError:
            pass  # the other side has hung up

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Handler.asked = 0
    Handler.gate = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Handler.gate.set()
    server.shutdown()
    server.server_close()


def finished(
    url: str, target: Path, prefix: str = PREFIX, expected: int = len(CONTENT)
) -> Download:
    download = Download(url, target, prefix, expected)
    download.wait(30)
    return download


def test_a_good_file_arrives_whole(url: str, tmp_path: Path) -> None:
    target = tmp_path / "folder" / "net.pth"
    download = finished(f"{url}/good", target)
    assert (download.state, download.sentence) == ("done", "")
    assert target.read_bytes() == CONTENT
    assert download.received == download.total == len(CONTENT) and download.share == 1.0
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    ("path", "prefix", "words"),
    [
        ("/good", "00000000", "checksum"),
        ("/broken", PREFIX, "broke off after 1.0 of 2.0 MB"),
        ("/missing", PREFIX, "answered 404"),
    ],
)
def test_nothing_is_kept_of_a_bad_one(
    url: str, tmp_path: Path, path: str, prefix: str, words: str
) -> None:
    download = finished(url + path, tmp_path / "net.pth", prefix)
    assert download.state == "failed" and words in download.sentence
    assert download.sentence.endswith(".") and "\n" not in download.sentence
    assert list(tmp_path.iterdir()) == []


def test_no_server(tmp_path: Path) -> None:
    download = finished("http://127.0.0.1:9/net.pth", tmp_path / "net.pth")
    assert download.state == "failed" and "cannot be reached" in download.sentence
    assert str(tmp_path) not in download.sentence and "~" not in download.sentence
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written(url: str, tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file where a folder should be")
    download = finished(f"{url}/good", tmp_path / "folder" / "net.pth")
    assert download.state == "failed" and "could not be written" in download.sentence


def test_cancel_while_it_runs(url: str, tmp_path: Path) -> None:
    download = Download(f"{url}/slow", tmp_path / "net.pth", PREFIX, len(CONTENT))
    end = threading.Event()
    for _ in range(3000):
        if download.received >= 512 * 1024:
            break
        end.wait(0.02)
    assert download.state == "running" and 0 < download.share < 1
    download.cancel()
    Handler.gate.set()
    download.wait(20)
    assert download.state == "cancelled" and "nothing was kept" in download.sentence
    assert list(tmp_path.iterdir()) == []


def test_one_download_for_everybody(url: str, tmp_path: Path) -> None:
    downloads, target = Downloads(), tmp_path / "net.pth"
    both = [downloads.begin(f"{url}/slow", target, PREFIX, len(CONTENT)) for _ in range(2)]
    assert both[0] is both[1] is downloads.find(target)
    Handler.gate.set()
    both[0].wait(20)
    assert both[0].state == "done" and Handler.asked == 1


def test_a_failed_one_can_be_tried_again(url: str, tmp_path: Path) -> None:
    downloads, target = Downloads(), tmp_path / "net.pth"
    downloads.begin(f"{url}/broken", target, PREFIX, len(CONTENT)).wait(20)
    again = downloads.begin(f"{url}/good", target, PREFIX, len(CONTENT))
    again.wait(20)
    assert again.state == "done" and target.read_bytes() == CONTENT


@pytest.mark.parametrize("path", ["/good", "/silent"])
def test_no_more_is_taken_than_was_published(url: str, tmp_path: Path, path: str) -> None:
    download = finished(url + path, tmp_path / "net.pth", expected=len(CONTENT) // 2)
    assert download.state == "failed"
    assert download.sentence.startswith("The server sends more than the 1.0 MB")
    assert download.received < len(CONTENT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/corrupt", "/negative", "/digits", "/silent"])
def test_a_length_that_is_none(url: str, tmp_path: Path, path: str) -> None:
    download = finished(url + path, tmp_path / "net.pth")
    assert (download.state, download.sentence) == ("done", "")
    assert (tmp_path / "net.pth").read_bytes() == CONTENT


def test_the_servers_words_act_on_nothing(url: str, tmp_path: Path) -> None:
    download = finished(f"{url}/forbidden", tmp_path / "net.pth")
    assert download.sentence == (
        "The server answered 403 (`'![x](//host) *no*'`): nothing was loaded."
    )


def test_what_a_dead_server_left_is_removed(url: str, tmp_path: Path) -> None:
    target = tmp_path / "net[1].pth"
    left, running, other = (
        tmp_path / name for name in ("net[1].pth.a.part", "net[1].pth.b.part", "net1.pth.a.part")
    )
    for path in (left, running, other):
        path.write_bytes(b"half")
    for path in (left, other):
        os.utime(path, (0, 0))
    assert finished(f"{url}/good", target).state == "done"
    assert sorted(tmp_path.iterdir()) == sorted((target, running, other))
