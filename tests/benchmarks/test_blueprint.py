"""The closed form against torchinfo, which runs the network to know its shapes."""

import gc
from time import process_time

import pytest
import torch
from torchinfo import summary

from explorer.architecture import PRESETS, blueprint
from explorer.architecture.blueprint import _blueprint
from explorer.networks import build

computed = _blueprint.__wrapped__  # the function itself, which keeps nothing
pytestmark = pytest.mark.usefixtures("one_thread")


def seconds(work, repeats):
    """Of the processor, in the quickest repeat: what the work costs where nothing else runs, and
    without the collector, which looks at whatever the tests before have left too."""
    times = []
    for _ in range(repeats):
        gc.collect()
        gc.disable()
        start = process_time()
        work()
        times.append(process_time() - start)
        gc.enable()
    return min(times)


@pytest.mark.parametrize("name", ["resnet50", "resnet152", "resnet1202"])
def test_blueprint_against_torchinfo(name):
    entry = PRESETS[name]
    network = build(entry.spec)
    shape = (1, entry.spec.in_channels, entry.image_size, entry.image_size)

    def by_torchinfo():
        with torch.inference_mode():
            return summary(network, shape, device="cpu", verbose=0)

    def by_closed_form():
        return computed(entry.spec, entry.image_size)

    assert by_torchinfo().total_params == by_closed_form().params
    slow, fast = seconds(by_torchinfo, 2), seconds(by_closed_form, 9)
    ops = len(by_closed_form().ops)
    print(
        f"\n{entry.title}: blueprint {fast * 1e3:.2f} ms ({ops:,} ops), "
        f"torchinfo {slow * 1e3:,.0f} ms, {slow / fast:,.0f} times as long"
    )
    assert slow / fast > 20


def test_time_grows_with_the_number_of_ops_and_no_faster():
    """ResNet-1202 has eleven times the ops of ResNet-110: a quadratic step would cost that much
    more for each."""
    times = {}
    for name in ("resnet110", "resnet1202"):
        entry = PRESETS[name]
        ops = len(blueprint(entry.spec, entry.image_size).ops)
        times[name] = seconds(lambda e=entry: computed(e.spec, e.image_size), 9) / ops
    print(f"\nper op: {', '.join(f'{name} {t * 1e6:.2f} µs' for name, t in times.items())}")
    assert times["resnet1202"] < 3 * times["resnet110"]
