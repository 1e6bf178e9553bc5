"""What benchmarks share."""

import pytest
import torch


@pytest.fixture
def one_thread():
    """Threads that wait for cores that others use would be measured instead of the work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
