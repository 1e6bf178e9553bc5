"""What these tests share."""

from tests.threads import one_thread_each_module

__all__ = ["one_thread_each_module"]
