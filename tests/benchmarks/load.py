"""Many visitors at once, without a browser: each talks to the server as a browser would.

    streamlit run app.py &
    python -m tests.benchmarks.load http://localhost:8501 --users 30 --reruns 10 \\
        --page shape_trace --query net=resnet50

prints how long the first page and each later rerun took. A rerun is sent as soon as the last one
is answered, unless --think says how many seconds a visitor reads in between.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.browser.driver import Server

TIMEOUT_S = 300
_TOLD: dict[str, tuple[str, str]] = {
    "text_input": ("value", "string_value"),
    "number_input": ("value", "double_value"),
    "checkbox": ("value", "bool_value"),
    "slider": ("value", "double_array_value"),
    "selectbox": ("raw_value", "string_value"),
    "radio": ("raw_value", "string_value"),
    "button_group": ("raw_values", "string_array_value"),
    "multiselect": ("raw_values", "string_array_value"),
}
"""Kind of a control -> where the server tells the value it is to take, and as what it is sent."""


def spent(server: Server) -> float:
    """Seconds of the processor that a server's process has taken, its ended threads included.
    Of Linux."""
    # The clock of another process: clock_getcpuclockid(3).
    return time.clock_gettime((~server.process.pid << 3) | 2)


async def still(server: Server) -> None:
    """Wait until a server computes next to nothing: a twentieth of a core for half a second."""
    before = spent(server)
    for _ in range(240):
        await asyncio.sleep(0.5)
        now = spent(server)
        if now - before < 0.025:
            return
        before = now


class Visitor:
    """One session over Streamlit's websocket."""

    def __init__(self, url: str, page: str = "", query: str = "") -> None:
        self.url, self.page, self.query = url.rstrip("/"), page, query
        self.page_hash = ""
        self.session = ""
        self.exceptions: list[str] = []
        self.received = 0
        self.messages = 0
        self.kept: set[str] = set()
        """Hashes of large messages: a browser keeps those, and is told their hashes only."""
        self.widgets: dict[str, str] = {}
        """Key of each widget on the page -> its id."""
        self.part: dict[str, str] = {}
        """Id of a widget -> the part of the page (fragment) that a click on it reruns."""
        self.held: dict[str, WidgetState] = {}
        """Id of a widget -> the value it holds, where a visitor or the server has set one."""
        self.seen: set[str] = set()
        """Ids of the widgets that the last run has drawn."""

    async def __aenter__(self) -> "Visitor":
        self.socket = await websockets.connect(
            self.url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=["streamlit"],
            max_size=None,
            ping_interval=None,
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.socket.close()

    async def press(self, key: str) -> float:
        """Click a button; seconds until what follows has arrived."""
        return await self.change(key, trigger_value=True)

    async def change(self, key: str, **value: Any) -> float:
        """Give a widget a value, by its field of WidgetState: a number, a text, or texts."""
        state = WidgetState(id=self.widgets[key])
        for name, new in value.items():
            _put(state, name, new)
        if "trigger_value" not in value:
            self.held[state.id] = state
        return await self.rerun([state], self.part.get(state.id, ""))

    async def rerun(self, widgets: Sequence[WidgetState] = (), part: str = "") -> float:
        """Ask for one run of the script; seconds until all of it has arrived.

        `widgets` is what this visitor has clicked and typed, `part` the fragment that is to run.
        """
        start = time.perf_counter()
        request = BackMsg()
        rerun = request.rerun_script
        rerun.query_string = self.query
        rerun.fragment_id = part
        rerun.cached_message_hashes.extend(self.kept)
        rerun.widget_states.widgets.extend(
            {**self.held, **{one.id: one for one in widgets}}.values()
        )
        rerun.page_script_hash = self.page_hash
        if not self.page_hash:
            rerun.page_name = self.page
        rerun.context_info.timezone = "UTC"
        rerun.context_info.locale = "en-US"
        rerun.context_info.url = f"{self.url}/{self.page}"
        await self.socket.send(request.SerializeToString())
        self.seen.clear()
        async with asyncio.timeout(TIMEOUT_S):
            while not self._is_end(await self.socket.recv()):
                pass
        # What is no longer on the page is forgotten; a part's run leaves the rest as it was.
        for gone in [one for one in self.held if one not in self.seen]:
            if not part or self.part.get(gone) == part:
                del self.held[gone]
        return time.perf_counter() - start

    def _is_end(self, raw: bytes | str) -> bool:
        if isinstance(raw, str):
            return False
        self.received += len(raw)
        self.messages += 1
        message = ForwardMsg.FromString(raw)
        kind = message.WhichOneof("type")
        if message.metadata.cacheable:
            self.kept.add(message.hash)
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._know(message.delta)
        if kind == "new_session":
            self.page_hash = message.new_session.page_script_hash
            self.session = message.new_session.initialize.session_id or self.session
        elif kind == "navigation":
            self.page_hash = message.navigation.page_script_hash or self.page_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            self.exceptions.append(message.delta.new_element.exception.message)
        return (
            kind == "script_finished"
            and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
        )

    def _know(self, delta: Delta) -> None:
        kind = delta.new_element.WhichOneof("type")
        element = getattr(delta.new_element, kind) if kind else None
        found = getattr(element, "id", "")
        # "$$ID-HASH-KEY"
        if isinstance(found, str) and found.startswith("$$ID-"):
            self.widgets[found.split("-", 2)[2]] = found
            self.part[found] = delta.fragment_id
            self.seen.add(found)
            if kind in _TOLD and element is not None:
                told, sent = _TOLD[kind]
                if element.set_value:
                    # Nothing is chosen: a browser sends no value then.
                    values = _values(element, told)
                elif found not in self.held:
                    values = _first(element)
                else:
                    return
                self.held[found] = WidgetState(id=found)
                if values:
                    _put(self.held[found], sent, values if "_array_" in sent else values[0])


def _values(element: Any, name: str) -> list[Any]:
    field = element.DESCRIPTOR.fields_by_name[name]
    value = getattr(element, name)
    if field.is_repeated:
        return list(value)
    return [value] if not field.has_presence or element.HasField(name) else []


def _first(element: Any) -> list[Any]:
    """What a control holds that was not told more: a browser tells it with each click."""
    values = _values(element, "default")
    if element.DESCRIPTOR.name in ("Selectbox", "Radio", "ButtonGroup", "MultiSelect"):
        options = [getattr(option, "content", option) for option in element.options]
        return [options[place] for place in values]
    return values


def _put(state: WidgetState, name: str, value: Any) -> None:
    if name.endswith("_array_value"):
        getattr(state, name).data.extend(value)
    else:
        setattr(state, name, value)


@dataclass
class Report:
    """Seconds of all visitors' first pages and later reruns, and what went wrong."""

    first: list[float] = field(default_factory=list)
    later: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    received: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{len(self.first)} users, {len(self.later)} reruns in {self.seconds:.1f} s "
            f"({len(self.later) / self.seconds:.1f}/s), {self.received / 1e6:.1f} MB\n"
            f"  first page  {_spread(self.first)}\n"
            f"  rerun       {_spread(self.later)}\n"
            f"  errors      {len(self.errors)} {self.errors[:2] or ''}"
        )


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "none"
    ordered = sorted(seconds)
    shares = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    return "  ".join(
        f"{name} {ordered[round(share * (len(ordered) - 1))] * 1e3:,.0f} ms"
        for name, share in shares.items()
    )


async def load(
    url: str, page: str, query: str, users: int, reruns: int, think: float = 0
) -> Report:
    """Let `users` visitors open a page and rerun it, all at the same time."""
    report = Report()

    async def visit(number: int) -> None:
        await asyncio.sleep(number * 0.02)  # a class does not click in the same millisecond
        try:
            async with Visitor(url, page, query) as visitor:
                report.first.append(await visitor.rerun())
                for _ in range(reruns):
                    await asyncio.sleep(think)
                    report.later.append(await visitor.rerun())
                report.errors += visitor.exceptions
                report.received += visitor.received
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            report.errors.append(repr(error))

    start = time.perf_counter()
    await asyncio.gather(*(visit(number) for number in range(users)))
    report.seconds = time.perf_counter() - start
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("url")
    parser.add_argument("--page", default="", help="its address, such as shape_trace")
    parser.add_argument("--query", default="", help="such as net=resnet50")
    parser.add_argument("--users", type=int, default=30)
    parser.add_argument("--reruns", type=int, default=10)
    parser.add_argument("--think", type=float, default=0, help="seconds between reruns")
    options = parser.parse_args()
    print(asyncio.run(load(**vars(options))))


if __name__ == "__main__":
    main()
