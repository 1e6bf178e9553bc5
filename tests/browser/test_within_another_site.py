"""The app in a frame of another site, such as a school's learning platform."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.browser.driver import HOST, Server, Visit

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "explorer" / "experiments" / "samples" / "cat.jpg"


class Platform(BaseHTTPRequestHandler):
    """Answers with a page that shows the address after its own `/` in a frame."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f"<iframe src='{self.path[1:]}' width=1200 height=800></iframe>".encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def platform() -> Iterator[str]:
    """Another site: a browser takes another name for one, not another port."""
    with ThreadingHTTPServer((HOST, 0), Platform) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}"
        server.shutdown()


def test_a_page_in_a_frame_of_another_site_takes_a_picture(
    browser, platform, tmp_path, monkeypatch
):
    """Where no cookie is kept: the answer to the picture is there, and nothing was refused."""
    monkeypatch.setenv("RESNET_EXPLORER_FRAME_ANCESTORS", platform)
    with Server(ROOT, tmp_path / "streamlit.log") as server:
        visit = Visit(browser, platform)
        page = f"{server.url}/inference?infer_from=upload&net=resnet20"
        visit.page.goto(f"{platform}/{page}")
        frame = visit.page.frame_locator("iframe")
        frame.locator("input[type=file]").first.set_input_files(PICTURE)
        frame.get_by_text("cat.jpg").first.wait_for()
        frame.get_by_test_id("stPlotlyChart").first.wait_for()
        assert visit.console_errors() == []
        assert visit.context.cookies() == []
        visit.close()
