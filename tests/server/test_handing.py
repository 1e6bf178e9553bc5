"""What a run says reaches the loop whole and in its order, in a few pieces."""

import asyncio
import inspect
from types import SimpleNamespace

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import ScriptRunnerEvent

from explorer.ui.server import handing

SAYS = ScriptRunnerEvent.ENQUEUE_FORWARD_MSG
STARTED = ScriptRunnerEvent.SCRIPT_STARTED
STOPPED = ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS


class Session:
    """What of Streamlit's sessions takes part: its loop, its queue, its runner."""

    def __init__(self):
        self.heard = []
        self._event_loop = asyncio.get_running_loop()
        self._scriptrunner = "runner"
        self._browser_queue = SimpleNamespace(enqueue=self.heard.append)
        self.woken = self.news = 0

    def _message_enqueued_callback(self):
        self.news += 1

    def _call_soon_on_event_loop(self, call):
        self.woken += 1
        self._event_loop.call_soon_threadsafe(call)


@pytest.fixture
def told(monkeypatch):
    """Streamlit's way to tell of an event, with ours around it."""

    def handle(session, sender, event, **more):
        if more.get("exception"):
            raise more["exception"]
        session.heard.append(event)

    for name in ("_on_scriptrunner_event", "_handle_scriptrunner_event_on_event_loop"):
        monkeypatch.setattr(AppSession, name, getattr(AppSession, name))
    monkeypatch.setattr(AppSession, "_handle_scriptrunner_event_on_event_loop", handle)
    handing.begin()
    return AppSession._on_scriptrunner_event


def in_a_thread(tell):
    """Run `tell(session)` beside a loop, and hear it out; returns the session."""

    async def whole():
        session = Session()
        await asyncio.get_running_loop().run_in_executor(None, tell, session)
        # What was to be called in the loop by then comes before this, or 5 ms later.
        await asyncio.sleep(0.1)
        return session

    return asyncio.run(whole())


def test_messages_and_other_events_keep_their_order(told):
    """A start clears what was said before it: it may not be heard behind what follows it."""
    wanted = [STARTED, *range(200), STOPPED, STARTED, *range(200, 230), STOPPED]

    def tell(session):
        for one in wanted:
            if isinstance(one, int):
                told(session, "runner", event=SAYS, forward_msg=one)
            else:
                told(session, "runner", event=one)

    session = in_a_thread(tell)
    assert session.heard == wanted


def test_the_loop_is_woken_once_for_all_that_is_said_before_it_looks(told):
    """It looks when nothing else runs: here it cannot before all is told."""

    async def whole():
        session = Session()
        for number in range(200):
            told(session, "runner", event=SAYS, forward_msg=number)
        while len(session.heard) < 200:
            await asyncio.sleep(0.01)
        return session

    session = asyncio.run(whole())
    assert session.heard == [*range(200)]
    assert (session.woken, session.news) == (1, 1)


def test_what_is_said_is_heard_while_the_run_computes_on(told):
    """A spinner shows what is going on, before it has ended."""
    session = in_a_thread(lambda session: told(session, "runner", event=SAYS, forward_msg=1))
    assert session.heard == [1]
    assert session.news == 1


def test_a_runner_that_was_replaced_is_not_heard(told):
    def tell(session):
        told(session, "another", event=SAYS, forward_msg=1)
        told(session, "runner", event=SAYS, forward_msg=2)

    assert in_a_thread(tell).heard == [2]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_follows_an_error_is_heard(told):
    def tell(session):
        session._event_loop.set_exception_handler(lambda *_: None)
        told(session, "runner", event=STARTED, exception=ValueError("broken"))
        for number in range(3):
            told(session, "runner", event=SAYS, forward_msg=number)
        told(session, "runner", event=STOPPED)

    assert in_a_thread(tell).heard == [0, 1, 2, STOPPED]


def test_streamlit_still_hands_over_as_it_did():
    """What this stands in for: a new version of Streamlit may need to be read again."""
    parameters = list(
        inspect.signature(AppSession._handle_scriptrunner_event_on_event_loop).parameters
    )
    assert parameters == [
        *("self", "sender", "event", "forward_msg", "exception", "client_state"),
        *("page_script_hash", "fragment_ids_this_run", "pages", "run_descriptor"),
    ]
    source = inspect.getsource(AppSession._enqueue_forward_msg)
    assert "self._browser_queue.enqueue(msg)" in source
    assert "self._message_enqueued_callback()" in source


def said(*places, part="a part"):
    """What one part of a page says, each at its place."""
    messages = []
    for place in places:
        message = ForwardMsg()
        message.metadata.delta_path[:] = [0, place]
        message.delta.new_element.markdown.body = str(place)
        message.delta.fragment_id = part
        messages.append(message)
    return messages


def bodies(queue):
    """What stands in a queue, in the order in which it is sent."""
    parts = (one if isinstance(one, handing.Several) else [one] for one in queue.flush())
    return [message.delta.new_element.markdown.body for part in parts for message in part]


def test_what_a_part_says_again_is_sent_behind_what_was_said_and_before_what_follows():
    """At the same places, too: a later one may not take the place of what came first."""
    queue = ForwardMsgQueue()
    for message in said(1, 2):
        queue.enqueue(message)
    handing.Several(said(2, 3)).stand_in(queue)
    for message in said(2, 1):
        queue.enqueue(message)
    # The last one is said in place of the first: Streamlit does so where nothing came between.
    assert bodies(queue) == ["1", "2", "2", "3", "2"]


@pytest.mark.parametrize(
    ("running", "left"), [(None, []), (["another"], ["1", "2"]), (["a part"], [])]
)
def test_what_a_part_says_again_is_let_go_of_where_a_new_run_says_all_of_it(running, left):
    """As Streamlit does with each of its messages."""
    queue = ForwardMsgQueue()
    handing.Several(said(1, 2)).stand_in(queue)
    one_by_one = ForwardMsgQueue()
    for message in said(1, 2):
        one_by_one.enqueue(message)
    for each in (queue, one_by_one):
        each.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=running)
    assert bodies(queue) == left
    assert bodies(one_by_one) == left


def test_a_part_that_says_nothing_stands_in_no_queue():
    handing.hand_over(SimpleNamespace(_enqueue=None), handing.Several([]))
