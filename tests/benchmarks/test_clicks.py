"""What a click costs the server, measured by Streamlit itself: a page of two lines.

`python -m pytest -s tests/benchmarks/test_clicks.py` prints, for whole pages and for clicks on
them, the processor's time and how many times that of the two lines it is. Both servers run the
same settings and are asked by the same client in the same run, in turns, so that what else the
machine does concerns both; time of the processor, not of the clock, is compared.
"""

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from explorer.lessons.questions import cards
from explorer.words import label
from tests.benchmarks.load import Visitor, load, spent, still
from tests.browser.driver import Server

ROOT = Path(__file__).parents[2]
ROUNDS, RERUNS = 3, 12
PAGES = {
    "": 3.5,
    "lesson": 3.5,
    "shape_trace": 4,
    "shortcuts": 4,
    "compare": 4,
    "block_lab": 4,
    "parameters": 4,
    "batch_norm": 4,
    "why_residual": 4,
    "inference": 4.5,
    "quiz": 4,
    "questions": 4,
    "myths": 3.5,
}
"""Page -> how many times two lines it may cost, whole: some 1.8 times what was measured,
since the two lines are two milliseconds and vary. The aim is 2.5."""
USERS, SECONDS_EACH = 30, 10
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux")


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """The app, and the two lines with the same settings."""
    folder = tmp_path_factory.mktemp("clicks")
    two = small(folder, "two_lines")
    with Server(ROOT, folder / "app.log") as app, Server(two, folder / "two.log") as lines:
        # torch is loaded after the first page, which is no part of any click.
        asyncio.run(quiet(app))
        yield app, lines


def small(folder: Path, name: str) -> Path:
    """A folder to serve: an app of this folder with the settings of ours."""
    made = folder / name
    shutil.copytree(Path(__file__).parent / name, made)
    shutil.copytree(ROOT / ".streamlit", made / ".streamlit")
    return made


async def quiet(app: Server) -> None:
    """Wait until the server has loaded torch and computes nothing."""
    async with Visitor(app.url, "lesson") as visitor:
        await visitor.rerun()
        end = time.monotonic() + 120
        while "libtorch" not in Path(f"/proc/{app.process.pid}/maps").read_text():
            assert time.monotonic() < end, "torch is not loaded"
            await asyncio.sleep(0.1)
    await still(app)


async def cost(server: Server, again: Callable[[], Awaitable[Any]]) -> float:
    """Milliseconds of the processor for each time."""
    start = spent(server)
    for _ in range(RERUNS):
        await again()
    return (spent(server) - start) / RERUNS * 1e3


async def beside_two_lines(
    servers,
    page: str,
    query: str | Iterator[str],
    click: Callable[[Visitor], Awaitable[Any]],
    before: int = 0,
) -> tuple[float, float, float]:
    """Milliseconds of one click, of a rerun of the two lines, and the ratio's median.

    So many clicks `before` another visitor has made. Of several queries it takes the next.
    """
    app, lines = servers
    query = query if isinstance(query, str) else next(query)
    async with Visitor(app.url, page, query) as another:
        await another.rerun()
        for _ in range(before):
            await click(another)
    async with Visitor(app.url, page, query) as visitor, Visitor(lines.url) as small:
        for _ in range(3):
            await visitor.rerun()
            await small.rerun()
        await click(visitor)
        # What is computed for a page after it is there, such as a trace, is no part of a click.
        await still(app)
        clicks, reruns = [], []
        for _ in range(ROUNDS):
            reruns.append(await cost(lines, small.rerun))
            clicks.append(await cost(app, lambda: click(visitor)))
        assert visitor.exceptions == []
    ratios = [one / other for one, other in zip(clicks, reruns, strict=True)]
    return median(clicks), median(reruns), median(ratios)


def measured(most: float, *what: Any) -> tuple[float, float, float]:
    """The first of three measurements that stays below `most`, or the last: what else a machine
    does may come with the clicks and not with the two lines, but not three times."""
    for _ in range(3):
        found = asyncio.run(beside_two_lines(*what))
        if found[2] < most:
            break
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_whole_page(servers, page):
    query = "quiz_seed=clicks" if page == "quiz" else "net=resnet50"
    mine, two, ratio = measured(PAGES[page], servers, page, query, lambda visitor: visitor.rerun())
    print(
        f"\n{page or 'home':14} whole {mine:6.1f} ms, {ratio:5.1f} times two lines ({two:.1f} ms)"
    )
    assert ratio < PAGES[page]


class _Turns:
    """Each time another of these values, so that every click changes something."""

    def __init__(self, key: str, field: str, *values: Any) -> None:
        self.key, self.field, self.values, self.count = key, field, values, 0

    async def __call__(self, visitor: Visitor) -> None:
        self.count += 1
        value = self.values[self.count % len(self.values)]
        await visitor.change(self.key, **{self.field: value})


def _sections(key: str, *ids: str) -> _Turns:
    return _Turns(key, "string_array_value", *([label(f"{key}.{name}")] for name in ids))


NEW = "player, at new ops"
_QUESTIONS = [card.id for card in cards()]
SEEN = {"player, where another has walked", "next question, seen by another"}
"""What another visitor has done before in the same places."""
CLICKS = {
    NEW: (
        "shape_trace",
        (f"net=resnet152&image_size={size}" for size in (96, 128, 160)),
        lambda v: v.press("trace_next"),
    ),
    "player, where another has walked": (
        "shape_trace",
        "net=resnet101",
        lambda v: v.press("trace_next"),
    ),
    "slider of Parameters": (
        "parameters",
        "",
        _Turns("params_channels", "string_array_value", ["64"], ["128"]),
    ),
    "section of Batch norm": ("batch_norm", "", _sections("bn_section", "steps", "modes")),
    "section of Parameters": (
        "parameters",
        "net=resnet50",
        _sections("params_view", "network", "presets"),
    ),
    "case of Residual block": ("block_lab", "", _sections("unit_view", "block", "dialects")),
    "next question, new": (
        "questions",
        (f"questions_card={card}" for card in _QUESTIONS[::38]),
        lambda v: v.press("questions_next"),
    ),
    "next question, seen by another": ("questions", "", lambda v: v.press("questions_next")),
}
"""What is clicked -> the page, its query, or one for each measurement, and the click."""
MOST = {NEW: 5.5, "slider of Parameters": 2.5}
"""Times two lines that a click may cost, others 3.5; the aim is 1.5."""


@pytest.mark.parametrize("what", CLICKS)
def test_a_click_inside_a_page(servers, what):
    page, query, click = CLICKS[what]
    most = MOST.get(what, 3.5)
    before = 2 + ROUNDS * RERUNS if what in SEEN else 0
    mine, two, ratio = measured(most, servers, page, query, click, before)
    print(f"\n{what:32} {mine:6.1f} ms, {ratio:5.1f} times two lines ({two:.1f} ms)")
    assert ratio < most


def test_the_smallest_click_of_all(servers, tmp_path):
    """What of a click is Streamlit's own, without our server around it: most of the two lines."""
    _, lines = servers
    with Server(small(tmp_path, "one_button"), tmp_path / "part.log") as part:
        press = measured(2.5, (part, lines), "", "", lambda visitor: visitor.press("press"))
    mine, two, ratio = press
    print(
        f"\n{'a part of one button':24} {mine:6.1f} ms, {ratio:5.1f} times two lines ({two:.1f} ms)"
    )
    assert 0.4 < ratio < 2.5


@pytest.mark.parametrize(("page", "query"), [("shape_trace", "net=resnet50"), ("quiz", "")])
def test_thirty_who_click_once_a_second(servers, page, query):
    app, _ = servers
    query = query or "quiz_seed=clicks"
    for _ in range(3):  # as above
        alone = asyncio.run(load(app.url, page, query, users=1, reruns=20))
        think = 1.0
        report = asyncio.run(load(app.url, page, query, USERS, SECONDS_EACH, think=think))
        print(f"\n{page}: {report}")
        assert report.errors == [], app.log_tail()
        most = most_of_thirty(median(alone.later), think)
        if median(report.later) < most:
            break
    assert median(report.later) < most


def most_of_thirty(one: float, think: float) -> float:
    """Seconds that the median of thirty may take where one alone waits for `one`."""
    cores = os.cpu_count() or 1
    # Where thirty ask for more than the machine can serve, they stand in line: each comes again
    # after all have been served once, less the second that they think. How long that is depends
    # on the machine; what each costs must not grow much over what one alone waits for.
    in_line = 2.5 * USERS * one - think
    return max(40 * one / min(cores, 2), in_line)
