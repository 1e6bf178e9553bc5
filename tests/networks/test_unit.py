"""The closed form of one block against the real module: shapes, counts, and where torch raises."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given

from explorer.architecture.mends import mends
from explorer.architecture.unit import UnitSpec, unit
from explorer.networks.unit import build_unit
from tests.strategies import unit_specs


def measured(spec: UnitSpec) -> tuple[list[tuple[str, tuple[int, ...]]], bool]:
    """Name and shape of every op that runs, and whether torch refuses to go on."""
    ops = []
    with torch.device("meta"):
        x = torch.empty(1, spec.in_channels, spec.size, spec.size)
    try:
        for name, out in build_unit(spec, "meta").walk(x):
            ops.append((name, tuple(out.shape[1:])))
    except RuntimeError:
        return ops, True
    return ops, False


@given(unit_specs())
def test_closed_form_foretells_every_shape_and_the_mismatch(spec):
    composed = unit(spec)
    ops, raised = measured(spec)
    assert [(op.path.removeprefix("block."), op.out_shape) for op in composed.ops] == ops
    assert (composed.verdict == "fails") == raised


@given(unit_specs())
def test_closed_form_counts_the_parameters(spec):
    module = build_unit(spec, "meta")
    assert unit(spec).block.params == sum(p.numel() for p in module.parameters())


@given(unit_specs())
def test_every_mend_is_one_that_torch_accepts(spec):
    for mend in mends(unit(spec)):
        assert measured(replace(spec, **dict(mend.changes)))[1] is False


@pytest.mark.parametrize("channels", [1, 3])
def test_the_broadcast_trap_is_torchs(channels):
    """One output channel adds to three channels without an error."""
    spec = UnitSpec(8, 3, channels, 4)
    out = build_unit(spec)(torch.rand(1, 3, 8, 8))
    assert out.shape == (1, 3, 8, 8)
    assert unit(spec).verdict == ("broadcasts" if channels == 1 else "identity")
