"""Charts and tables of training memory."""

import pytest

from explorer.architecture import blueprint, preset
from explorer.architecture.training_memory import Setting, memory
from explorer.views import memory_views

BP = blueprint(preset("resnet20"), 32)


def test_the_bar_of_memory_is_the_sum():
    found = memory(BP, Setting(32, "adam", "mixed", "blocks"))
    figure = memory_views.parts(found)
    assert sum(trace.x[0] for trace in figure.data) == pytest.approx(found.total / 2**30)
    rows = memory_views.part_rows(found)
    assert sum(row["bytes"] for row in rows[:-1]) == rows[-1]["bytes"] == found.total
    text = memory_views.csv_text(memory_views.op_rows(BP, "float32"))
    assert len(text.splitlines()) == len(BP.ops) + 1
