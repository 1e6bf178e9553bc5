"""A small class at once; the large one is run by hand (see load.py)."""

import asyncio
from pathlib import Path

import pytest

from tests.benchmarks.load import load
from tests.browser.driver import Server

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with Server(ROOT, tmp_path_factory.mktemp("load") / "streamlit.log") as server:
        yield server


@pytest.mark.parametrize(("page", "query"), [("", "net=resnet152"), ("shortcuts", "net=resnet50")])
def test_five_visitors_at_once(running, page, query):
    report = asyncio.run(load(running.url, page, query, users=5, reruns=4))
    print(f"\n{page or 'home'}: {report}")
    assert report.errors == [], running.log_tail()
    assert len(report.first) == 5
    assert len(report.later) == 20


def test_visitors_see_their_own_errors(running):
    """The client reports what a browser would show; a server that is gone counts too."""
    report = asyncio.run(load("http://127.0.0.1:9", "", "", users=2, reruns=1))
    assert len(report.errors) == 2
