"""Feature maps, Grad-CAM and receptive fields, each against an independent computation."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset
from explorer.experiments.features import Features, features, grid, part_of
from explorer.experiments.saliency import grad_cam, half_of_gradient, seen_gradient, seen_region
from explorer.networks import ResNet, build
from explorer.networks.torchvision_import import torchvision

BLOCKS = ("layer1.1", "layer2.0", "layer3.1", "layer4.1")


@pytest.fixture(scope="module")
def pair() -> tuple[ResNet, nn.Module, Tensor]:
    """Our ResNet-18, torchvision's with the same weights, and a picture."""
    ours, theirs = build(preset("resnet18")), torchvision.models.resnet18(weights=None).eval()
    theirs.load_state_dict(ours.state_dict())
    generator = torch.Generator().manual_seed(0)
    return ours, theirs, torch.randn(1, 3, 96, 96, generator=generator)


def hooked(module: nn.Module, x: Tensor, target: int) -> dict[str, tuple[Tensor, Tensor]]:
    """Output and gradient of every block of torchvision's network, by hooks."""
    outputs: dict[str, Tensor] = {}
    hooks = []
    for path in BLOCKS:
        block = module.get_submodule(path)

        def keep(_module: nn.Module, _input: object, out: Tensor, path: str = path) -> None:
            out.retain_grad()
            outputs[path] = out

        hooks.append(block.register_forward_hook(keep))
    module(x.clone().requires_grad_())[0, target].backward()
    for hook in hooks:
        hook.remove()
    return {path: (out.detach(), out.grad) for path, out in outputs.items()}


def test_feature_maps_equal_torchvisions(pair) -> None:
    ours, theirs, x = pair
    found, expected = features(ours, x), hooked(theirs, x, 0)
    for path, (out, _) in expected.items():
        torch.testing.assert_close(found.maps[path], out[0])
        torch.testing.assert_close(found.mean(path), out[0].mean(0))
    assert next(iter(found.maps)) == "stem" and "head" not in found.maps
    assert not any(tensor.is_inference() for tensor in found.maps.values())


@pytest.mark.parametrize(
    "name",
    ["resnet20", "plain20", "preact_resnet18", "preact_resnet110", "seresnet50", "resnet50d"],
)
def test_a_part_has_the_map_that_it_hands_on(name) -> None:
    entry = PRESETS[name]
    stages = len(entry.spec.depths)
    bp = blueprint(replace(entry.spec, depths=(1,) * stages, widths=(8,) * stages), 64)
    network = build(bp.spec)
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        walked = {path: out[0] for path, out in network.walk(x)}
    found = features(network, x).maps
    assert list(found) == ["stem", *(block.path for block in bp.blocks)]
    torch.testing.assert_close(found["stem"], walked[bp.stem.ops[-1].path])
    for block in bp.blocks:
        torch.testing.assert_close(found[block.path], walked[block.ops[-1].path])
    for part in bp.parts:
        assert {part_of(op.path) for op in part.ops} == {part.path}


def test_a_scaled_mean_runs_from_0_to_1() -> None:
    found = Features(
        {"stem": torch.tensor([[[1.0, 3.0]], [[3.0, 9.0]]]), "flat": torch.ones(2, 1, 2)}
    )
    assert found.scaled_mean("stem").tolist() == [[0.0, 1.0]]
    assert found.scaled_mean("flat").tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("target", [0, 281, 999])
def test_grad_cam_equals_hooks_on_torchvision(pair, target: int) -> None:
    ours, theirs, x = pair
    found = grad_cam(ours, x, target, BLOCKS)
    for path, (out, slope) in hooked(theirs, x, target).items():
        weights = slope.mean((2, 3), keepdim=True)
        expected = torch.relu((weights * out).sum(1))[0]
        torch.testing.assert_close(found[path], expected, rtol=1e-4, atol=1e-7)
    assert list(found) == list(BLOCKS)


def test_looking_changes_nothing(pair) -> None:
    ours, _, x = pair
    before = {key: value.clone() for key, value in ours.state_dict().items()}
    grad_cam(ours, x, 5, BLOCKS)
    seen_gradient(ours, x, "layer2.0", 3, 3)
    features(ours, x)
    assert all(parameter.grad is None for parameter in ours.parameters())
    assert all(torch.equal(value, before[key]) for key, value in ours.state_dict().items())
    assert not any(module._forward_hooks for module in ours.modules())


def test_unknown_blocks_and_positions() -> None:
    network = build(NetworkSpec("basic", (1,), (8,), stem="cifar", num_classes=10))
    x = torch.randn(1, 3, 16, 16)
    with pytest.raises(ValueError, match=r"layer9\.0"):
        grad_cam(network, x, 0, ["layer9.0"])
    with pytest.raises(ValueError, match=r"layer9\.0"):
        seen_gradient(network, x, "layer9.0", 0, 0)
    with pytest.raises(ValueError, match=r"outside of 16 x 16"):
        seen_gradient(network, x, "layer1.0", 16, 0)


@pytest.mark.parametrize(
    ("spec", "size"),
    [
        (preset("resnet20"), 96),
        (NetworkSpec("basic", (1, 1, 1), (8, 16, 32)), 225),
        (NetworkSpec("bottleneck", (1, 2), (8, 16), stride_on="1x1"), 130),
        (NetworkSpec("bottleneck", (2, 1), (8, 16), activation_order="pre"), 97),
    ],
)
def test_the_gradient_fills_the_region_that_arithmetic_gives(spec: NetworkSpec, size: int) -> None:
    """Positive weights and inputs without batch norm let every pixel of the region through."""
    from dataclasses import replace

    spec = replace(spec, norm="none")
    network = build(spec).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_().add_(0.01)
    x = torch.rand(1, 3, size, size, dtype=torch.float64) + 1
    bp = blueprint(spec, size)
    for block in (bp.blocks[0], bp.blocks[-1]):
        op = block.ops[-1]
        _, height, width = op.out_shape
        for row, column in {(0, 0), (height // 2, width // 2), (height - 1, 0)}:
            slope = seen_gradient(network, x, block.path, row, column)
            rows, columns = (slope != 0).nonzero(as_tuple=True)
            left, top, right, bottom = seen_region(op, row, column, size)
            found = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            if spec.stride_on == "1x1" or spec.stem == "imagenet":
                # Strided 1x1 convolutions and max pooling pass some pixels over.
                assert left <= found[0] and top <= found[1]
                assert found[2] <= right and found[3] <= bottom
            else:
                assert tuple(int(value) for value in found) == (left, top, right, bottom)


def test_half_of_gradient() -> None:
    slope = torch.zeros(9, 9)
    slope[4, 4] = 1.0
    assert half_of_gradient(slope) == 1
    assert half_of_gradient(torch.ones(9, 9)) == 7  # 49 of 81; 25 would not do


def test_grid_scales() -> None:
    maps = torch.stack([torch.tensor([[0.0, 1.0]]), torch.tensor([[0.0, 4.0]])])
    local, columns = grid(maps, 0, 64, common=False)
    shared, _ = grid(maps, 0, 64, common=True)
    assert columns == 8 and local.shape == (1, 8, 1, 2)
    assert local[0, :2, 0, 1].tolist() == [1.0, 1.0]
    assert shared[0, :2, 0, 1].tolist() == [0.25, 1.0]
    assert bool(local[0, 2:].isnan().all())
    # The block's scale, not that of the channels that are looked at.
    first, _ = grid(maps, 0, 1, common=True)
    assert first[0, 0].tolist() == [[0.0, 0.25]] and bool(first[0, 1:].isnan().all())


def test_grid_of_a_silent_channel_is_finite() -> None:
    tiles, _ = grid(torch.zeros(1, 2, 2), 0, 64, common=False)
    assert tiles[0, 0].tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_every_stem_belongs_to_the_stem():
    """Deep stems have ops of their own names, which are not the head's."""
    for stem in ("imagenet", "cifar", "deep", "3x3_pool", "3x3_stride2", "1x1"):
        spec = NetworkSpec("basic", (1, 1), (8, 8), stem=stem)
        bp = blueprint(spec, 32)
        assert [part_of(op.path) for op in bp.ops] == [
            part.path for part in bp.parts for _ in part.ops
        ]
