"""What every test shares. Imports neither torch nor streamlit, so that small tests stay quick."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: the first example may pay for importing torch.
settings.register_profile("dev", deadline=None)
# The same examples on every run, so that a red CI run means a changed program.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")

# Several test processes would otherwise each start one thread per core.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

TESTS = Path(__file__).parent
MARKED_FOLDERS = {"benchmarks": "benchmark", "browser": "browser"}
ALONE_IN = {"benchmarks", "browser", "deploy"}
"""Folders in which `make test` looks for what is marked `benchmark` or `replicas`."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: of a worker's time a third is waiting, for the end of other
    processes or for what comes late on purpose; meanwhile another one works. With `-n logical` as
    many as there are cores: browsers and their servers wait for next to nothing."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return cores if config.option.numprocesses == "logical" else cores + 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """A script that Streamlit's AppTest has run stays Python's main one, and is what a process that
    is started after it runs first: a job of a later test would be killed by its errors."""
    main = sys.modules["__main__"]
    try:
        return (yield)
    finally:
        sys.modules["__main__"] = main


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in the two special folders, and run it last: quick failures come first,
    and Playwright's event loop starts only when nothing else needs one."""
    folders = ["", *MARKED_FOLDERS]

    def folder(item: pytest.Item) -> str:
        parts = item.path.relative_to(TESTS).parts if item.path.is_relative_to(TESTS) else ("",)
        return parts[0]

    for item in items:
        name = folder(item)
        if name in MARKED_FOLDERS:
            item.add_marker(MARKED_FOLDERS[name])
        elif name not in ALONE_IN and any(map(item.get_closest_marker, ("benchmark", "replicas"))):
            raise pytest.UsageError(
                f"{item.nodeid}: `make test` runs it only in {sorted(ALONE_IN)}"
            )
    items.sort(key=lambda item: folders.index(name) if (name := folder(item)) in folders else 0)
