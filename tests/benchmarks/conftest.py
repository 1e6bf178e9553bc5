"""What benchmarks share."""

import pytest

from explorer.ui.server import speed
from tests.threads import one_thread

__all__ = ["one_thread"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The crowd comes first and its memory is looked at last: between them a minute has to pass."""
    where = [number for number, item in enumerate(items) if "benchmarks" in item.path.parts]
    order = {"test_nobody_pays_for_another": 0, "test_what_visitors_kept_is_let_go_of": 2}
    sorted_ones = sorted((items[number] for number in where), key=lambda i: order.get(i.name, 1))
    for number, item in zip(where, sorted_ones, strict=True):
        items[number] = item


# As a server does, before torch is loaded.
speed.let_threads_rest()
