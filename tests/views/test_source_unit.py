"""The composed block's file is executed and held against the app's own block, which torch runs."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings

from explorer.architecture.unit import UnitSpec, unit
from explorer.networks.unit import build_unit
from explorer.views.source_unit import unit_source
from tests.strategies import unit_specs

EVERYTHING = UnitSpec(
    *(14, 64, 128),
    stride=2,
    shortcut="projection",
    avg_down=True,
    norm="group",
    dilation=2,
    expansion=2,
    se_ratio=16,
)


def generated(spec: UnitSpec) -> torch.nn.Module:
    """The block as the last part of the file makes it, in eval mode."""
    source = unit_source(unit(spec))
    (made,) = [line.strip() for line in source.splitlines() if line.startswith("    block = ")]
    namespace = {"__name__": "generated"}
    exec(compile(source, "generated.py", "exec"), namespace)
    return eval(made.removeprefix("block = "), namespace)


@settings(max_examples=60)
@given(unit_specs())
def test_outputs_are_the_apps(spec):
    ours, theirs = build_unit(spec), generated(spec)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    x = torch.randn(2, spec.in_channels, spec.size, spec.size)
    with torch.inference_mode():
        if unit(spec).verdict == "fails":
            for block in (ours, theirs):
                with pytest.raises(RuntimeError, match="must match the size"):
                    block(x)
        else:
            torch.testing.assert_close(theirs(x), ours(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("order", ["post", "pre"])
def test_the_file_runs_and_prints_what_it_says(order, tmp_path):
    spec = replace(EVERYTHING, activation_order=order)
    path = tmp_path / "block.py"
    path.write_text(unit_source(unit(spec)))
    run = subprocess.run([sys.executable, path], capture_output=True, text=True)
    params = f"{unit(spec).block.params:,} parameters"
    assert run.stdout.splitlines() == [params, "torch.Size([1, 128, 7, 7])"], run.stderr
    assert f"# {unit(spec).block.params:,}" in path.read_text()
    assert "# (1, 128, 7, 7)" in path.read_text()


def test_what_the_block_does_not_do_is_not_written():
    plain = unit_source(unit(UnitSpec(shortcut="none")))
    for word in ("stride", "Squeeze", "dilation", "GroupNorm", "gcd", "downsample", "out +"):
        assert word not in plain
    every = unit_source(unit(EVERYTHING))
    for word in ("stride", "Squeeze", "dilation", "GroupNorm", "downsample", "AvgPool2d"):
        assert word in every


def test_lines_are_short():
    for spec in (EVERYTHING, replace(EVERYTHING, block="bottleneck", middle_channels=48)):
        assert max(map(len, unit_source(unit(spec)).splitlines())) <= 100
