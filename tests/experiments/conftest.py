"""What tests of experiments share: `pytest.mark.usefixtures("one_thread")` of tests/threads.py,
and `until`."""

import time
from collections.abc import Callable

import pytest

from tests.experiments.jobs_here import PATIENCE_S
from tests.threads import one_thread

__all__ = ["one_thread"]


@pytest.fixture
def until() -> Callable[[Callable[[], object], str], None]:
    """Wait for what happens in another thread or process: `until(lambda: ..., "what it is")`."""

    def until(true: Callable[[], object], what: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < end, what
            time.sleep(0.02)

    return until
