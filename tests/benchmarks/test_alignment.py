"""Two networks side by side, from two blueprints."""

from time import process_time

import pytest

from explorer.architecture import PRESETS
from explorer.architecture.alignment import aligned
from explorer.architecture.blueprint import _blueprint

computed = _blueprint.__wrapped__  # a new blueprint each time, with nothing kept in it


@pytest.mark.parametrize(
    ("left", "right", "most_ms"),
    [
        ("resnet50", "resnet50_v1", 20),
        ("resnet18", "resnet152", 20),
        ("resnet1202", "preact_resnet1001", 100),
    ],
)
def test_an_alignment_takes_milliseconds(left, right, most_ms):
    times = []
    for _ in range(9):
        pair = [computed(PRESETS[name].spec, PRESETS[name].image_size) for name in (left, right)]
        start = process_time()
        aligned(*pair)
        times.append(1e3 * (process_time() - start))
    print(f"\n{left} beside {right}: {min(times):.1f} ms")
    assert min(times) < most_ms
