"""Fixtures of the browser tests: one server and one Chromium per session, one context per visit."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.driver import CHROMIUM_FLAGS, Server, Visit

ROOT = Path(__file__).parents[2]


def find_browser() -> str:
    """The Chromium to drive. Without one: skip here, but fail in CI, where a skip goes unseen."""
    look = subprocess.run(
        ["sh", "tools/find_browser.sh", "--no-install"], cwd=ROOT, capture_output=True, text=True
    )
    if path := look.stdout.strip():
        return path
    reason = look.stderr.strip() or "no browser was found"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator:
    path = find_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=Path(__file__).parent / "chromium.sh",
            env={**os.environ, "BROWSER": path},
            args=CHROMIUM_FLAGS,
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server(browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The running app, shared by all tests of the session. `server.url` is its address.

    It asks for the browser first, so that nothing is started where the tests cannot run."""
    with Server(ROOT, tmp_path_factory.mktemp("server") / "streamlit.log") as running:
        yield running


@pytest.fixture(scope="module")
def new_server(browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the module's own: its first visitor finds it cold, the others as it
    is then."""
    with Server(ROOT, tmp_path_factory.mktemp("new") / "streamlit.log") as running:
        yield running


@pytest.fixture
def fresh_server(browser, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers that nobody has visited yet: `fresh_server().url`. Flags are passed on."""
    started: list[Server] = []

    def start(*flags: str) -> Server:
        running = Server(ROOT, tmp_path / f"streamlit-{len(started)}.log", *flags)
        started.append(running.start())
        return running

    yield start
    for running in started:
        running.stop()


@pytest.fixture
def open_page(browser, server: Server) -> Iterator[Callable[..., Visit]]:
    """Open a page as a new visitor: `open_page("shape_trace", {"net": "resnet50"}, dark=True)`.

    `base_url=` visits another server; the rest goes to Visit."""
    visits: list[Visit] = []

    def open_page(path: str = "", query: dict[str, str] | None = None, **options) -> Visit:
        visit = Visit(browser, options.pop("base_url", server.url), **options)
        visits.append(visit)
        visit.goto(path, query)
        return visit

    yield open_page
    for visit in visits:
        visit.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """A failed test shows what the servers said, since tracebacks are hidden from the browser,
    and where they are, since a page that hangs says nothing. In CI a skipped one has failed."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome, report.longrepr = "failed", f"skipped in CI: {report.longrepr}"
    if report.failed:
        for running in Server.running:
            report.sections.append((f"log of {running.url}", running.log_tail()))
            report.sections.append((f"threads of {running.url}", running.stacks()))
    return report
