"""Downloads from a server on this machine: good, wrong, broken off, missing, cancelled."""

import hashlib
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
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
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


def finished(url: str, target: Path, prefix: str = PREFIX) -> Download:
    download = Download(url, target, prefix, 123)
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
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written(url: str, tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file where a folder should be")
    download = finished(f"{url}/good", tmp_path / "folder" / "net.pth")
    assert download.state == "failed" and "could not be written" in download.sentence


def test_cancel_while_it_runs(url: str, tmp_path: Path) -> None:
    download = Download(f"{url}/slow", tmp_path / "net.pth", PREFIX, 0)
    end = threading.Event()
    for _ in range(400):
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
    both = [downloads.begin(f"{url}/slow", target, PREFIX, 0) for _ in range(2)]
    assert both[0] is both[1] is downloads.find(target)
    Handler.gate.set()
    both[0].wait(20)
    assert both[0].state == "done" and Handler.asked == 1


def test_a_failed_one_can_be_tried_again(url: str, tmp_path: Path) -> None:
    downloads, target = Downloads(), tmp_path / "net.pth"
    downloads.begin(f"{url}/broken", target, PREFIX, 0).wait(20)
    again = downloads.begin(f"{url}/good", target, PREFIX, 0)
    again.wait(20)
    assert again.state == "done" and target.read_bytes() == CONTENT
