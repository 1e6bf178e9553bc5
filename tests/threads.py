"""One thread for torch, while small networks run or something is measured."""

from collections.abc import Iterator

import pytest


def _one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


one_thread = pytest.fixture(_one_thread)
"""Threads that wait for cores that others use would be measured instead of the work."""

one_thread_each_module = pytest.fixture(_one_thread, autouse=True, scope="module")
"""Networks of a few channels: starting threads for them takes longer than computing them."""
