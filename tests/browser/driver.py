"""Drive the app in Chromium without races, and write down all that a visit asked for and logged."""

import contextlib
import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from explorer.words import section

HOST = "127.0.0.1"
ON_SIGNAL = Path(__file__).parent / "on_signal"
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
TIMEOUT_S = 120.0
SLOWER = float(os.environ.get("SLOWER_BROWSER", "1"))
"""How many times as long the pages' own work takes as it would: no test may need a quick machine.
`SLOWER_BROWSER=6 taskset -c 0 python -m pytest tests/browser` makes a slow one of any."""

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # A picture of a moving bar in place of a camera, and no question about using it.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    # Other names lead nowhere: a test neither reaches the internet nor waits for it.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.*",
]


IDLE = """() => new Promise((resolve) => {
  let waits = true;
  const idle = () => { waits = false; resolve(); };
  requestIdleCallback(idle, {timeout: 20000});
  const ask = () => { if (waits) { requestAnimationFrame(() => {}); setTimeout(ask, 100); } };
  setTimeout(ask, 100);
})"""
"""A page that has just been sent something is idle only when it has drawn that. Chromium counts its
idle time from frame to frame, and where a frame came to nothing (a theme or a size was changed, and
the page had nothing new to draw) it now and then counts none until something asks for another."""
DRAWN = """async () => {
  // A page behind another one draws no frames, and what slides there never ends: nobody waits.
  const late = () => new Promise(r => setTimeout(r, 3000));
  const frames = () => Promise.race([late(),
    new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))]);
  await Promise.race([late(), document.fonts.ready]);
  await frames();
  const moving = document.getAnimations().filter((animation) => animation.playState === 'running'
    && animation.effect?.getComputedTiming().endTime < Infinity);
  await Promise.race([late(), Promise.allSettled(moving.map((one) => one.finished))]);
  if (moving.length) await frames();
}"""
NOTE_MODULES = """(() => {
  const make = URL.createObjectURL;
  window.modulesMade = [];
  URL.createObjectURL = (made) => {
    const url = make.call(URL, made);
    if (made.type === 'text/javascript') window.modulesMade.push(url);
    return url;
  };
})()"""
"""Streamlit makes a module of each component's program, and nothing on the page tells whether it
has run yet: before that a component listens to no key and takes no focus."""
RUN_BY_NOW = """async () => {
  // Each is asked for by its component first, which is therefore answered first.
  await Promise.allSettled((window.modulesMade ?? []).map((url) => import(url)));
  await new Promise(r => setTimeout(r));
}"""
IS_OPEN = """(node) => {
  const folded = node.closest('summary')?.parentElement;
  if (folded) return folded.open;
  const told = node.closest('[aria-expanded]') ?? node.querySelector('[aria-expanded]');
  return told?.getAttribute('aria-expanded') === 'true';
}"""
"""Whether a list, a popover, a menu or an expander is open, asked of what opens it."""
STILL = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  if (app?.dataset.testConnectionState !== 'CONNECTED') return false;
  if (app.dataset.testScriptState !== 'notRunning') return false;
  if (document.querySelector('[data-stale=true], [data-testid=stSkeleton]')) return false;
  // A component's own program is loaded when its place is there already.
  return [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')].every((place) => {
    const stage = place.shadowRoot?.querySelector('.drawing .stage');
    return place.shadowRoot?.childElementCount && (!stage || stage.firstElementChild);
  });
}"""


def free_port() -> int:
    """A port below those that the system gives to whoever connects: one of those may be taken, by
    a browser or by another test's server, before ours listens, or while it is started again."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            port = random.SystemRandom().randrange(10_000, 32_000)
            probe.bind((HOST, port))
            return port


class Server:
    """`streamlit run app.py` on a free port, until `stop`. What it prints goes to `log`."""

    running: list["Server"] = []  # noqa: RUF012  (shown when a test fails)

    def __init__(self, root: Path, log: Path, *flags: str) -> None:
        self.root, self.log, self.flags = root, log, flags
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.process: subprocess.Popen | None = None
        self.starting_s = 0.0
        """How long the last start took: a second or two, and longer on a slow or busy machine."""

    def start(self) -> "Server":
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        command += ["--server.port", str(self.port), "--server.address", HOST]
        command += ["--server.headless", "true", *self.flags]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.root,
                env=os.environ | {"PYTHONPATH": str(ON_SIGNAL)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that stop() reaches its children too
            )
        Server.running.append(self)
        began = time.monotonic()
        while not self.healthy():
            if self.process.poll() is not None or time.monotonic() > began + TIMEOUT_S:
                self.stop()
                raise RuntimeError(f"the server did not start:\n{self.log_tail()}")
            time.sleep(0.05)
        self.starting_s = time.monotonic() - began
        return self

    def healthy(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stacks(self) -> str:
        """Where the server's threads are now, of those that run our code or wait for a worker."""
        before = self.log.stat().st_size
        if self.process is None or self.process.poll() is not None:
            return "the server has ended"
        self.process.send_signal(signal.SIGUSR1)
        time.sleep(1)
        threads = self.log.read_bytes()[before:].decode(errors="replace").split("\n\n")
        ours = ("/explorer/", "/pages/", "futures/process.py")
        return "\n\n".join(one for one in threads if any(name in one for name in ours))

    def log_tail(self, characters: int = 6000) -> str:
        return self.log.read_text(errors="replace")[-characters:]

    def stop(self) -> None:
        if self in Server.running:
            Server.running.remove(self)
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()


class Runs:
    """Follow requests and script runs by reading the websocket's frames.

    The page's own `data-test-script-state` still says "notRunning" just after a click; a
    counter that is read before the click cannot be stale. Runs cut short by `st.rerun` or by
    the next click do not count."""

    def __init__(self, page) -> None:
        self.script = self.fragment = 0
        self.asked = 0
        """Requests for a run that the page has sent, but for those of its own clock."""
        self.answered = {"script": 0, "fragment": 0}
        """The number of the last request that a finished run of a kind has served."""
        self._uploads: set[str] = set()  # files on their way, after which a run is asked for
        self._unheard: dict[int, str] = {}  # number of a request -> the part of the page it is for
        self._served: set[int] = set()  # by the run that goes on now
        self.last: deque[str] = deque(maxlen=12)
        """What browser and server said last, for a test that waits in vain."""
        page.on("websocket", self._connect)
        page.on("request", self._upload)
        page.on("requestfinished", self._uploaded)
        page.on("requestfailed", self._uploaded)

    @property
    def pending(self) -> bool:
        """Whether a request is under way, or its run, or a file that will be told of."""
        return bool(self._unheard or self._served or self._uploads)

    def forget(self) -> None:
        """Wait for nothing any more that was asked until now."""
        self._unheard.clear()
        self._served.clear()
        self._uploads.clear()

    def answers(self, kind: str, before: int) -> bool:
        """Whether a run of this kind has served a later request than the one of this number."""
        kinds = self.answered.values() if kind == "finished" else [self.answered[kind]]
        return max(kinds) > before

    def _upload(self, request) -> None:
        if request.method == "PUT" and "/_stcore/upload_file/" in request.url:
            self._uploads.add(request.url)

    def _uploaded(self, request) -> None:
        self._uploads.discard(request.url)

    def _connect(self, websocket) -> None:
        if "/_stcore/stream" in websocket.url:
            self._note("connected")
            self.forget()  # what was asked before was asked of another session
            websocket.on("framereceived", self._read)
            websocket.on("framesent", self._sent)
            websocket.on("close", lambda _: self._note("closed"))

    def _note(self, what: str) -> None:
        self.last.append(f"{time.strftime('%H:%M:%S')} {what}")

    def _sent(self, payload: bytes | str) -> None:
        if isinstance(payload, bytes):
            message = BackMsg.FromString(payload)
            asked = message.rerun_script
            if message.WhichOneof("type") == "rerun_script" and not asked.is_auto_rerun:
                self.asked += 1
                self._unheard[self.asked] = asked.fragment_id
            if message.WhichOneof("type") == "file_urls_request":
                self._uploads.add(message.file_urls_request.request_id)
            self._note(f"asked: {message.WhichOneof('type')} {asked.fragment_id} {asked.page_name}")

    def _read(self, payload: bytes | str) -> None:
        if isinstance(payload, str):
            return
        message = ForwardMsg.FromString(payload)
        if message.WhichOneof("type") == "file_urls_response":
            self._uploads.discard(message.file_urls_response.response_id)
        if message.WhichOneof("type") == "new_session":
            parts = list(message.metadata.run.fragment_ids)
            self._note(f"begun {parts}")
            # A run of the whole page serves all; one of a part may have been asked for before.
            served = {n for n, part in self._unheard.items() if not parts or part in parts}
            self._served |= served
            for number in served:
                del self._unheard[number]
        if message.WhichOneof("type") != "script_finished":
            return
        self._note(ForwardMsg.ScriptFinishedStatus.Name(message.script_finished))
        if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return
        part = message.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
        kind = "fragment" if part else "script"
        setattr(self, kind, getattr(self, kind) + 1)
        self.answered[kind] = max(self.answered[kind], *self._served, 0)
        self._served.clear()


class Visit:
    """One visitor with a browser context of their own. `visit.page` is Playwright's page."""

    def __init__(
        self,
        browser,
        base_url: str,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        touch: bool = False,
        locale: str = "en-US",
        timeout_s: float = TIMEOUT_S,
        beside: "Visit | None" = None,
    ) -> None:
        """`beside`: in another tab of that visit's browser."""
        self.base_url, self.timeout_s = base_url, timeout_s
        self.width, self.height = width, height
        self._beside = beside
        self.context = (
            beside.context
            if beside
            else browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                has_touch=touch,
                reduced_motion="reduce",
                locale=locale,
                accept_downloads=True,
                service_workers="block",
            )
        )
        self.context.set_default_timeout(timeout_s * 1000)
        if not beside:
            self.context.add_init_script(NOTE_MODULES)
        self.requests: list[str] = []
        self._console: list[tuple[str, str]] = []
        self._page_errors: list[str] = []
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.context.on("console", self._log)
        self.context.on("weberror", lambda error: self._page_errors.append(str(error.error)))
        self.page = self.context.new_page()
        if SLOWER != 1:
            slow = self.context.new_cdp_session(self.page)
            slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        self.page.on("websocket", lambda websocket: self.requests.append(websocket.url))
        self.runs = Runs(self.page)

    def _log(self, message) -> None:
        if message.type == "error":
            self._console.append((message.text, message.location.get("url", "")))

    def goto(self, path: str = "", query: dict[str, str] | None = None) -> None:
        """Load a page from the server, as typing its address would, and wait until it is idle."""
        before = self.runs.asked
        address = f"{self.base_url}/{path.lstrip('/')}"
        self.page.goto(f"{address}?{urlencode(query)}" if query else address)
        self._wait_until(lambda: self.runs.answers("script", before))
        self.wait_idle()

    @contextlib.contextmanager
    def rerun(self, kind: str = "finished") -> Iterator[None]:
        """Wait for the run that the body causes: `with visit.rerun(): button.click()`.

        `kind` is "script" or "fragment" where one of them polls, and the other is meant."""
        self._let_answer()  # else its end might be taken for that of what is asked now
        before = self.runs.asked
        yield
        self._wait_until(lambda: self.runs.answers(kind, before))
        self.wait_idle()

    def go_to(self, title: str) -> None:
        """Open a page by its link in the sidebar, and wait for it."""
        sidebar = self.page.get_by_test_id("stSidebar")
        with self.rerun("script"):
            sidebar.get_by_role("link", name=title, exact=True).click()
        # A run of the page before may have been the one that finished.
        self.until("title => document.title.startsWith(title + ' ·')", title)
        self.wait_idle()

    def _wait_until(self, condition) -> None:
        end = time.monotonic() + self.timeout_s
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(
                    f"no script run finished within {self.timeout_s:g} s; the last were\n"
                    + "\n".join(self.runs.last)
                )
            # Lets Playwright deliver the frames; asked more often, it takes cores from the page.
            self.page.wait_for_timeout(20)

    def _let_answer(self) -> None:
        """Wait until all that was asked is answered; not without end, as a page that is left while
        it asks is not answered."""
        end = time.monotonic() + self.timeout_s / 10
        while self.runs.pending:
            if time.monotonic() > end:
                self.runs.forget()
            self.page.wait_for_timeout(20)

    def wait_idle(self) -> None:
        """Wait until no script runs and what it sent is drawn: elements, lazy charts, components,
        fonts; and until what slides open or shut has done so."""
        for _ in range(5):
            self._let_answer()
            self.page.evaluate(IDLE)
            self.until(STILL)
            self.page.evaluate(RUN_BY_NOW)
            self.page.evaluate(DRAWN)
            # What came meanwhile, such as a report of what the browser holds, is waited for too.
            if not self.runs.pending and self.page.evaluate(STILL):
                return

    def until(self, true: str, arg=None):
        """Wait until this function says something true, which is returned. What it looks for may
        not be there yet, or may be drawn anew just then: an error of its own is no answer."""
        safe = f"(arg) => {{ try {{ return ({true})(arg) }} catch {{ return false }} }}"
        return self.page.wait_for_function(safe, arg=arg)

    def open(self, opener, shown) -> None:
        """Open a list, a popover, a menu or an expander, and wait until `shown` in it is seen.

        Streamlit's lists close when the page scrolls. What brings `opener` into sight scrolls the
        page at once, but the page hears of it with its next frame, which may be after the click
        (or the key) that opens; so it is brought into sight before, and frames are waited for.
        Something late above it, such as a chart, may move the page still: then it is opened again.
        """
        opener.scroll_into_view_if_needed()
        self.wait_idle()
        end = time.monotonic() + self.timeout_s
        clicks = 0
        while True:
            if not opener.evaluate(IS_OPEN):
                assert clicks < 4, f"it closes whenever it is opened: {opener}"
                clicks += 1
                opener.click()
            self.wait_idle()  # it slides open, takes the focus, or asks the server what is in it
            if opener.evaluate(IS_OPEN) and shown.is_visible():
                return
            assert time.monotonic() < end, f"{opener} was clicked {clicks} times and shows nothing"
            self.page.wait_for_timeout(50)

    def escape(self, opener) -> None:
        """Close what `open` opened by the key for it, and wait until it is gone."""
        end = time.monotonic() + self.timeout_s
        while opener.evaluate(IS_OPEN):
            assert time.monotonic() < end, f"Escape does not close {opener}"
            self.page.keyboard.press("Escape")
            self.wait_idle()

    def choose(self, box, option: str, kind: str = "finished") -> None:
        """Choose from a list by mouse, and wait for the run that follows: `kind` as in `rerun`."""
        from playwright.sync_api import TimeoutError as PlaywrightTimeout

        wanted = self.page.get_by_role("option", name=option, exact=True)
        with self.rerun(kind):
            for last in (False, False, False, True):
                self.open(box, wanted)
                try:
                    wanted.click(timeout=(self.timeout_s if last else self.timeout_s / 12) * 1000)
                    break
                except PlaywrightTimeout:
                    if box.input_value() == option:  # chosen, and only told too late
                        break
                    if last:
                        raise

    def wait_cut_off(self) -> None:
        """Wait until the page knows that its server is gone."""
        self.page.wait_for_selector(
            "[data-testid=stApp]:not([data-test-connection-state=CONNECTED])"
        )

    def tab_to(self, described: str) -> None:
        """Press Tab until the focus is on what this JavaScript, a test of `node`, describes."""
        focused = (
            "() => { let node = document.activeElement;"
            " while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;"
            f" return Boolean(node && ({described})) }}"
        )
        for _ in range(200):
            if self.page.evaluate(focused):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no Tab leads to: {described}")

    def resting_box(self, locator) -> dict[str, float]:
        """Where an element stands, in pixels, once it moves no more: what draws itself after the
        page has drawn it, such as a chart or a table, may still grow or slide."""
        found = None
        end = time.monotonic() + self.timeout_s
        while (box := locator.bounding_box()) != found or box is None:
            assert time.monotonic() < end, f"it never rests: {box}"
            found = box
            self.page.wait_for_timeout(100)
            self.page.evaluate(IDLE)
            self.page.evaluate(DRAWN)
        return box

    def sideways(self) -> float:
        """By how many pixels the page is wider than the screen."""
        wider: float = self.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wider

    def exceptions(self) -> list[str]:
        """The text of every exception box on the page, and of our own sentence in its place."""
        ours = self.page.get_by_test_id("stAlert").filter(has_text=section("frame", "failed"))
        return [
            *self.page.locator("[data-testid=stException]").all_inner_texts(),
            *ours.all_inner_texts(),
        ]

    def console_errors(self) -> list[str]:
        """Errors on the console and uncaught ones, without the two 404s of a cold deep link:
        Streamlit first looks for its own endpoints below the page's path."""
        harmless = ("/_stcore/health", "/_stcore/host-config")
        console = [
            f"{text} [{url}]"
            for text, url in self._console
            if not ("404" in text and urlsplit(url).path.endswith(harmless))
        ]
        return console + self._page_errors

    def foreign_requests(self) -> list[str]:
        """Every address asked for that is not on this machine."""
        return [url for url in self.requests if not is_local(url)]

    def screenshot(self, path: str | Path, full: bool = False) -> Path:
        """Save a picture; `full` makes the window as high as the page's content first."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if full:
            # The app scrolls inside its own containers, so Playwright's full_page sees no more.
            needed = self.page.evaluate(
                "() => Math.max(...[...document.querySelectorAll("
                "'[data-testid=stMain], [data-testid=stSidebarContent]')].map(e => e.scrollHeight))"
            )
            self._resize(max(self.height, needed))
        self.page.screenshot(path=path)
        if full:
            self._resize(self.height)
        return path

    def _resize(self, height: int) -> None:
        self.page.set_viewport_size({"width": self.width, "height": height})
        self.wait_idle()

    def close(self) -> None:
        if self._beside:
            self.page.close()
        else:
            self.context.close()


def is_local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"data", "blob", "about"} or parts.hostname in LOCAL_HOSTS
