"""Requests that follow each other closely, in a real runtime of Streamlit without a browser."""

import asyncio
import time

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime, RuntimeConfig
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager

from explorer.ui.server import handing, runs
from explorer.ui.server.life import end_where_let_go

PATIENCE_S = 60
PART = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
SCRIPT = """
import streamlit as st

@st.fragment
def part():
    st.write(f"part of {page.title}")

def draw():
    part()
    st.write(f"last of {page.title}")

def other():
    draw()

page = st.navigation([st.Page(draw, title="one", default=True), st.Page(other, title="two")])
page.run()
"""


class Browser:
    """What a browser would be told."""

    def __init__(self):
        self.told: list[ForwardMsg] = []
        self.runtime: Runtime

    def write_forward_msg(self, message):
        self.told.append(message)

    def of(self, kind):
        return [
            getattr(message, kind) for message in self.told if message.WhichOneof("type") == kind
        ]

    @property
    def finished(self):
        return self.of("script_finished")

    @property
    def texts(self):
        found = [delta.new_element.markdown.body for delta in self.of("delta")]
        return [text for text in found if text]

    async def until(self, true):
        end = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < end, self.finished
            await asyncio.sleep(0.01)


@pytest.fixture
def visit(tmp_path, monkeypatch):
    """Call `visit(story)` with a coroutine function that is given a session and its browser."""
    script = tmp_path / "app.py"
    script.write_text(SCRIPT)
    monkeypatch.setattr(Runtime, "_instance", None)
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    for name in (
        "request_rerun",
        "_create_scriptrunner",
        "_create_new_session_message",
        "_on_scriptrunner_event",
    ):
        monkeypatch.setattr(AppSession, name, getattr(AppSession, name))
    # As in the server, which knows runs by what is handed over.
    handing.begin()

    def visit(story):
        async def whole():
            config = RuntimeConfig(
                str(script), MemoryMediaFileStorage("/media"), MemoryUploadedFileManager("/files")
            )
            runtime = Runtime(config)
            await runtime.start()
            browser = Browser()
            identifier = runtime.connect_session(browser, {})
            session = runtime._session_mgr.get_session_info(identifier).session
            browser.runtime = runtime
            try:
                await story(session, browser)
            finally:
                runtime.stop()
                await runtime.stopped

        asyncio.run(whole())

    return visit


async def first_page(session, browser):
    """Open it; returns its hash, that of the other one, and the part's id."""
    session.request_rerun(ClientState())
    await browser.until(lambda: browser.finished)
    await browser.until(lambda: session._scriptrunner is None)
    (navigation,) = browser.of("navigation")
    (other,) = {page.page_script_hash for page in navigation.app_pages} - {
        navigation.page_script_hash
    }
    part = next(delta.fragment_id for delta in browser.of("delta") if delta.fragment_id)
    browser.told.clear()
    return navigation.page_script_hash, other, part


def ended_unheard(session):
    """Let the run end while the loop is busy, so that what it said last is still to be heard."""
    session._scriptrunner._script_thread.join(PATIENCE_S)
    assert not session._scriptrunner._script_thread.is_alive()


def test_the_end_of_a_run_is_heard_when_a_part_asks_at_that_moment(visit):
    runs.begin()

    async def story(session, browser):
        here, _, part = await first_page(session, browser)
        session.request_rerun(ClientState(page_script_hash=here))
        ended_unheard(session)
        session.request_rerun(ClientState(page_script_hash=here, fragment_id=part))
        await browser.until(lambda: len(browser.finished) == 2)
        assert browser.finished == [ForwardMsg.FINISHED_SUCCESSFULLY, PART]
        # What stands in one place is told once where the second comes soon enough.
        assert set(browser.texts) == {"part of one", "last of one"}

    visit(story)


def test_two_requests_at_that_moment_are_served_by_one_run_and_an_ended_session_by_none(visit):
    runs.begin()

    async def story(session, browser):
        here, _, part = await first_page(session, browser)
        session.request_rerun(ClientState(page_script_hash=here))
        ended_unheard(session)
        for _ in range(2):
            session.request_rerun(ClientState(page_script_hash=here, fragment_id=part))
        await browser.until(lambda: PART in browser.finished)
        assert browser.finished[0] == ForwardMsg.FINISHED_SUCCESSFULLY
        await browser.until(lambda: session._scriptrunner is None)
        session.request_rerun(ClientState(page_script_hash=here))
        ended_unheard(session)
        session.request_rerun(ClientState(page_script_hash=here, fragment_id=part))
        session.shutdown()
        await asyncio.sleep(0.1)
        assert session._scriptrunner is None

    visit(story)


@pytest.mark.parametrize("begun", [False, True], ids=["before it begins", "while it runs"])
def test_a_part_of_the_page_that_was_left_does_not_lead_back(visit, begun):
    runs.begin()

    async def story(session, browser):
        here, other, part = await first_page(session, browser)
        session.request_rerun(ClientState(page_script_hash=here, fragment_id=part))
        await browser.until(lambda: browser.finished)
        browser.told.clear()
        session.request_rerun(ClientState(page_script_hash=other))
        if begun:
            await browser.until(lambda: browser.of("new_session"))
        session.request_rerun(ClientState(page_script_hash=here, fragment_id=part))
        await browser.until(lambda: session._scriptrunner is None)
        await asyncio.sleep(0.1)  # what is in the queue comes
        assert {told.page_script_hash for told in browser.of("new_session")} == {other}
        assert browser.texts == ["part of two", "last of two"]
        # Its own parts run, and so do those of the first page once the visitor is back.
        (own,) = {delta.fragment_id for delta in browser.of("delta")} - {""}
        browser.told.clear()
        for page, asked in ((other, own), (here, part)):
            session.request_rerun(ClientState(page_script_hash=page))
            await browser.until(lambda: ForwardMsg.FINISHED_SUCCESSFULLY in browser.finished)
            browser.told.clear()
            session.request_rerun(ClientState(page_script_hash=page, fragment_id=asked))
            await browser.until(lambda: PART in browser.finished)
            assert len(browser.texts) == 1
            browser.told.clear()

    visit(story)


def test_a_session_ends_where_it_is_let_go_of_and_not_where_the_collector_runs(visit):
    async def story(session, browser):
        runtime, manager = browser.runtime, browser.runtime._session_mgr
        stored = manager._session_storage._cache
        gone = end_where_let_go(manager, stored)
        await first_page(session, browser)
        runtime.disconnect_session(session.id)
        again = runtime.connect_session(browser, {}, existing_session_id=session.id)
        assert again == session.id and gone == []
        assert session._state != AppSessionState.SHUTDOWN_REQUESTED
        runtime.disconnect_session(session.id)
        stored.expire(stored.timer() + stored.ttl + 1)
        assert gone == [session.id]
        assert session._state == AppSessionState.SHUTDOWN_REQUESTED

    visit(story)
