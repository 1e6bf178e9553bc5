"""The first page of a server that nobody has visited yet, for every page.

`python -m pytest -s tests/server/test_cold.py` prints how long its visitor waits, how long the
next one, and whether torch, which takes seconds, was loaded for it: pages that compute with a
network need it, all others come before it.
"""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.benchmarks.load import Visitor
from tests.browser.driver import Server

ROOT = Path(__file__).parents[2]
PAGES = ["", *sorted(path.stem for path in ROOT.glob("pages/*.py") if path.stem != "home")]
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux")


@pytest.mark.parametrize("page", PAGES)
def test_first_page(tmp_path, page):
    async def two_visitors():
        waited, torch = [], []  # torch may be there by then where a machine is slow: only printed
        for _ in range(2):
            async with Visitor(server.url, page) as visitor:
                waited.append(await visitor.rerun())
                torch.append("libtorch" in Path(f"/proc/{server.process.pid}/maps").read_text())
                assert visitor.exceptions == []
        return waited, torch

    with Server(ROOT, tmp_path / "app.log") as server:
        (first, second), torch = asyncio.run(two_visitors())
    loaded = "with torch" if torch[0] else "without torch"
    print(
        f"\n{page or 'home':14} first {first * 1e3:7.0f} ms {loaded}, then {second * 1e3:6.0f} ms"
    )
