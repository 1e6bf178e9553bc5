"""What tests of experiments share: `pytest.mark.usefixtures("one_thread")` of tests/threads.py."""

from tests.threads import one_thread

__all__ = ["one_thread"]
