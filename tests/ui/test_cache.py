"""What sessions share: computed once, with a bound, and never mixed up."""

from dataclasses import replace

import pytest

from explorer.architecture import PRESETS, preset
from explorer.ui import cache


@pytest.fixture(autouse=True)
def empty():
    cache.devices.cache_clear()
    for stored in (cache.network_of, cache.trace_of):
        stored.clear()


def test_a_network_is_built_once_per_spec_and_device():
    spec = replace(preset("resnet20"), depths=(1, 1, 1))
    network = cache.network_of(spec, "cpu")
    assert cache.network_of(replace(spec), "cpu") is network
    assert not network.training
    assert cache.network_of(replace(spec, num_classes=3), "cpu") is not network


def test_a_trace_agrees_and_is_kept():
    spec = replace(preset("resnet20"), depths=(1, 1, 1))
    first = cache.trace_of(spec, 33, "cpu")
    assert first.agrees
    assert first.blueprint.image_size == 33
    assert cache.trace_of(spec, 33, "cpu") is first


def test_every_preset_has_a_key_of_its_own():
    assert len({(entry.spec, entry.image_size) for entry in PRESETS.values()}) == len(PRESETS)
