"""What a server lets go of when nobody is there."""

from explorer.ui import budget
from explorer.ui.server.life import _rest


def test_with_nobody_here_nothing_is_kept():
    budget.store().get(("tests/server/test_life",), lambda: b"1" * 1_000_000)
    assert len(budget.store())
    _rest()
    assert len(budget.store()) == budget.store().bytes == 0
