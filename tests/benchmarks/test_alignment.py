"""Two networks side by side, against their two blueprints, which each page computes."""

from time import process_time

import pytest

from explorer.architecture import PRESETS
from explorer.architecture.alignment import aligned
from explorer.architecture.blueprint import _blueprint

computed = _blueprint.__wrapped__  # a new blueprint each time, with nothing kept in it


@pytest.mark.parametrize(
    ("left", "right", "times"),
    [("resnet50", "resnet50_v1", 20), ("resnet18", "resnet152", 12),
     ("resnet1202", "preact_resnet1001", 5)],
)  # fmt: skip
def test_an_alignment_takes_milliseconds(left, right, times):
    """As blueprints do; `times` is some four times what was measured."""
    align, compute = [], []
    for _ in range(9):
        start = process_time()
        pair = [computed(PRESETS[name].spec, PRESETS[name].image_size) for name in (left, right)]
        middle = process_time()
        aligned(*pair)
        compute.append(1e3 * (middle - start))
        align.append(1e3 * (process_time() - middle))
    print(f"\n{left} beside {right}: {min(align):.1f} ms, blueprints {min(compute):.1f} ms")
    assert min(align) < times * min(compute)
