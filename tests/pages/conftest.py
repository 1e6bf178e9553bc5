"""The whole app in AppTest: app.py runs on every rerun, as on a server that was visited before."""

import functools
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
once = functools.cache(manifest_scanner.scan_component_manifests)
"""Which installed packages bring components. Each new AppTest reads the metadata of all packages,
which takes longer than a page, as a server does once."""


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Open a page with a query: `open_app("shape_trace", net="resnet50")`. It has run once.

    AppTest takes every run for a server's first one, and because there is a folder `pages/`
    later runs would run a page's file alone, without app.py and its sidebar.
    """
    first = PagesManager.__init__

    @functools.wraps(first)
    def visited_before(self: PagesManager, *args: object, **options: object) -> None:
        first(self, *args, **options)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", visited_before)
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", once)

    def open_app(page: str = "", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        if page:
            app.switch_page(f"pages/{page}.py")
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return open_app


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server on this machine: its address, and the folder whose files it serves."""
    folder = tmp_path / "web"
    folder.mkdir()
    handler = functools.partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    server.server_close()
