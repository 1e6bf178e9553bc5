"""The generated file is executed for every preset and held against the app's own network."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset, smallest_image_size
from explorer.networks import ResNet, build
from explorer.views.source_code import module_source
from tests.strategies import specs


def generated(spec: NetworkSpec, size: int) -> torch.nn.Module:
    """The network of the generated file, in eval mode, on torch's current default device."""
    namespace = {"__name__": "generated"}
    exec(
        compile(module_source(blueprint(spec, size), "A network"), "generated.py", "exec"),
        namespace,
    )
    name = "PlainNet" if spec.shortcut == "none" else "ResNet"
    return namespace[name]().eval()


def same_outputs(spec: NetworkSpec, size: int) -> bool:
    ours, theirs = build(spec), generated(spec, size)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    images = torch.randn(
        2, spec.in_channels, size, size, generator=torch.Generator().manual_seed(1)
    )
    with torch.inference_mode():
        return torch.allclose(ours(images), theirs(images), rtol=1e-4, atol=1e-5)


def slim(spec: NetworkSpec) -> NetworkSpec:
    """The same network with narrow stages of at most two blocks, quick to run."""
    return replace(
        spec,
        depths=tuple(min(depth, 2) for depth in spec.depths),
        widths=tuple(max(width // 8, 16 if spec.groups > 1 else 4) for width in spec.widths),
        groups=min(spec.groups, 4),
        num_classes=10,
    )


@pytest.mark.parametrize("name", PRESETS)
def test_state_dict_is_the_networks(name):
    """Names and shapes, in any order, on the meta device: nothing is allocated."""
    entry = PRESETS[name]
    with torch.device("meta"):
        ours = ResNet(entry.spec).state_dict()
        theirs = generated(entry.spec, entry.image_size).state_dict()
    assert {key: value.shape for key, value in theirs.items()} == {
        key: value.shape for key, value in ours.items()
    }


@pytest.mark.parametrize("name", PRESETS)
def test_outputs_are_the_networks(name):
    assert same_outputs(slim(preset(name)), 32)


@pytest.mark.parametrize("name", ["resnet18", "resnet20", "preact_resnet110", "plain20"])
def test_outputs_of_whole_networks(name):
    assert same_outputs(preset(name), 32)


@settings(max_examples=40)
@given(specs(stages=3, depth=2, width=6))
def test_outputs_of_whatever_is_composed(spec):
    assert same_outputs(spec, max(16, smallest_image_size(spec)))


def test_switches_that_a_network_does_not_use_are_not_written():
    resnet18, plain = (
        module_source(blueprint(preset(name)), name) for name in ("resnet18", "plain18")
    )
    for word in ("groups", "pad(", "activated", "first:", "4 * width"):
        assert word not in resnet18
    assert "downsample" in resnet18
    assert "downsample" not in plain
    one_stage = replace(preset("resnet18"), depths=(2,), widths=(16,))
    for word in ("stride=stride", "stride:", "downsample", "H/s"):
        assert word not in module_source(blueprint(one_stage), "One stage")


def test_every_tensor_line_says_its_shape():
    for entry in PRESETS.values():
        source = module_source(blueprint(entry.spec, entry.image_size), entry.title)
        for body in source.split("def forward")[1:]:
            for line in body.split("\n\n")[0].splitlines()[1:]:
                chooses = line.strip().startswith(("if ", "source = "))
                assert chooses or "# (N, " in line, line


@pytest.mark.parametrize("name", ["resnet50", "preact_resnet110", "resnext50_32x4d"])
def test_source_is_formatted_and_clean(name):
    entry = PRESETS[name]
    source = module_source(blueprint(entry.spec, entry.image_size), entry.title)
    for command in (["format", "--check"], ["check"]):
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--line-length", "100", "-"],
            input=source,
            text=True,
            capture_output=True,
        )
        assert run.returncode == 0, run.stdout + run.stderr


def test_file_runs_as_a_program(tmp_path):
    path = tmp_path / "resnet20.py"
    path.write_text(module_source(blueprint(preset("resnet20"), 32), "ResNet-20"))
    run = subprocess.run([sys.executable, path], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == ["269,722 parameters", "torch.Size([1, 10])"]
