"""Which batch norms a network has, which of them fold, and how large a batch may be."""

import pytest
from hypothesis import given

from explorer.architecture import PRESETS, blueprint, preset
from explorer.experiments.batch_norm.plan import foldable, images_that_fit, layers
from tests.strategies import specs_and_sizes


@pytest.mark.parametrize(
    ("name", "pairs", "norms"),
    [("resnet50", 53, 53), ("plain20", 19, 19), ("preact_resnet18", 9, 18)],
)
def test_foldable(name, pairs, norms):
    entry = PRESETS[name]
    bp = blueprint(entry.spec, entry.image_size)
    found = foldable(bp)
    assert len(found) == pairs
    assert len(layers(bp)) == norms
    assert all(norm.inputs == (convolution.path,) for convolution, norm in found)


@pytest.mark.parametrize(
    ("name", "size", "count"), [("resnet20", 32, 8), ("resnet152", 224, 3), ("resnet18", 640, 2)]
)
def test_batches_fit(name, size, count):
    assert images_that_fit(blueprint(preset(name), size)) == count


@given(specs_and_sizes())
def test_any_network(pair):
    bp = blueprint(*pair)
    learned = sum(op.params for op in layers(bp).values())
    assert learned == sum(op.params for op in bp.ops if op.kind == "batch_norm")
    assert {norm.path for _, norm in foldable(bp)} <= set(layers(bp))
    assert 2 <= images_that_fit(bp) <= 8
