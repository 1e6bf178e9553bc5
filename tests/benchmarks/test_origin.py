"""A step of 'where a number comes from': server time, and the memory kept, on small and large."""

from statistics import median
from time import perf_counter

import pytest
import torch

from explorer.architecture import PRESETS, blueprint
from explorer.experiments.byte_size import size
from explorer.experiments.features import features
from explorer.experiments.origin.capture import capture, take_apart
from explorer.experiments.origin.places import read
from explorer.experiments.origin.sums import Convolution
from explorer.networks import build
from explorer.views.origin.convolution import convolution


@pytest.mark.parametrize("name", ["resnet20", "resnet50"])
def test_a_step(name: str) -> None:
    """One op back: the walk to it, the sum, its picture. The picture is there already."""
    chosen = PRESETS[name]
    bp, network = blueprint(chosen.spec, chosen.image_size), build(chosen.spec)
    x = torch.randn(1, 3, chosen.image_size, chosen.image_size)
    maps = features(network, x).maps
    convolutions = [op.path for op in bp.ops if op.kind == "conv"]
    times, kept, passes = [], [], []
    for path in convolutions[:: max(1, len(convolutions) // 12)] + convolutions[-1:]:
        begun = perf_counter()
        with torch.inference_mode():
            network(x)
        passes.append(perf_counter() - begun)
        begun = perf_counter()
        found = capture(network, x, bp, path, maps)
        part = take_apart(network, found, found.place(read(path, bp)))
        assert isinstance(part, Convolution)
        convolution(part, 4)
        times.append(perf_counter() - begun)
        kept.append(size(found.inputs) + size(found.output))
    print(
        f"\n{name}: a step takes {1000 * median(times):.0f} ms in the median, at most "
        f"{1000 * max(times):.0f} ms (a forward pass {1000 * median(passes):.0f}); kept are at most"
        f" {max(kept) / 1e6:.1f} MB"
    )
    # The aim is 150 ms, some passes of the mid-sized network; by turns with passes, so that other
    # work on the machine slows both.
    assert median(times) < 6 * median(passes)
    assert max(kept) < 8e6
