"""Heavy work comes after clicks: the thread that does it, and no other."""

import os
import sys
import threading

import pytest

from explorer.experiments.priority import NICE, behind

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of Linux")


def nice_of(thread):
    return os.getpriority(os.PRIO_PROCESS, thread)


def in_thread(do):
    """What `do()` returns in a thread of its own, which ends with its priority."""
    found = []
    thread = threading.Thread(target=lambda: found.append(do()))
    thread.start()
    thread.join(30)
    assert found, "it failed"
    return found[0]


def test_only_this_thread_and_those_it_starts_come_after_others():
    main = threading.get_native_id()
    before = nice_of(main)

    def heavy():
        with behind():
            mine = nice_of(threading.get_native_id())
            started = in_thread(lambda: nice_of(threading.get_native_id()))
            with behind():
                again = nice_of(threading.get_native_id())
            return mine, started, again, nice_of(main)

    assert in_thread(heavy) == (max(NICE, before), max(NICE, before), max(NICE, before), before)


def test_who_may_has_the_old_priority_again():
    def heavy():
        before = nice_of(threading.get_native_id())
        with pytest.raises(ZeroDivisionError), behind():
            raise ZeroDivisionError
        return before, nice_of(threading.get_native_id())

    before, after = in_thread(heavy)
    assert after == before if os.geteuid() == 0 else after >= before
