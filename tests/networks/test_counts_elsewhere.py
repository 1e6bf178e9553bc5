"""ResNet-26-D, ResNet-50-C and images of 256x128, counted without this project's blueprint.

Once on torchvision's own network, changed as the papers say (Bag of Tricks, arXiv 1812.01187,
Figure 2), whose floating-point operations torch counts; and once on paper, layer by layer.
"""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.architecture import blueprint, preset
from explorer.networks import build
from explorer.networks.torchvision_import import torchvision

R50 = preset("resnet50")
D = preset("resnet50d")
CASES = {
    "26-D": (replace(D, depths=(2, 2, 2, 2)), (224, 224), 16_014_408, 2_581_897_216),
    "50-C": (replace(R50, stem="deep"), (224, 224), 25_576_264, 4_328_824_832),
    "50-D": (D, (224, 224), 25_576_264, 4_328_824_832),
    "256x128": (R50, (256, 128), 25_557_032, 2_671_198_208),
    "26-D at 256x128": (replace(D, depths=(2, 2, 2, 2)), (256, 128), 16_014_408, None),
}


def of_torchvision(depths: tuple[int, ...], deep: bool, averages: bool) -> nn.Module:
    """torchvision's ResNet with the stem of ResNet-C, and with ResNet-D's shortcuts."""
    resnet = torchvision.models.resnet
    network = resnet.ResNet(resnet.Bottleneck, list(depths))
    if deep:
        network.conv1 = nn.Sequential(
            nn.Conv2d(3, 32, 3, 2, 1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, 1, 1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, 1, 1, bias=False),
        )
    if averages:
        for stage in (network.layer1, network.layer2, network.layer3, network.layer4):
            convolution, norm = stage[0].downsample
            halves = convolution.stride == (2, 2)
            convolution.stride = (1, 1)
            pool = nn.AvgPool2d(2) if halves else nn.Identity()
            stage[0].downsample = nn.Sequential(pool, convolution, norm)
    return network.eval()


def parts_of(name: str) -> dict:
    spec = CASES[name][0]
    return {"depths": spec.depths, "deep": spec.stem == "deep", "averages": spec.avg_down}


@pytest.mark.parametrize("name", CASES)
def test_torchvisions_own_network_counts_the_same(name):
    spec, size, params, macs = CASES[name]
    with torch.device("meta"):
        theirs, images = of_torchvision(**parts_of(name)), torch.empty(1, 3, *size)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        theirs(images)
    bp = blueprint(spec, size)
    assert bp.params == sum(p.numel() for p in theirs.parameters()) == params
    assert bp.macs == counter.get_total_flops() // 2
    assert macs is None or bp.macs == macs


@pytest.mark.parametrize("name", CASES)
def test_with_its_weights_the_outputs_are_torchvisions(name):
    spec = CASES[name][0]
    theirs, ours = of_torchvision(**parts_of(name)), build(spec)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    images = torch.rand(1, 3, 64, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-4)


def on_paper(depths: tuple[int, ...], deep: bool, height: int, width: int) -> tuple[int, int]:
    """Parameters and MACs of bottlenecks with their stride on the 3x3, added up layer by layer.

    A layer is (channels in, channels out, kernel, divisor of the image's sides), each with batch
    norm; averaging before a projection moves its stride and changes neither count.
    """
    stem = [(3, 32, 3, 2), (32, 32, 3, 2), (32, 64, 3, 2)] if deep else [(3, 64, 7, 2)]
    layers, channels = [*stem], 64
    for depth, inner, divisor in zip(depths, (64, 128, 256, 512), (4, 8, 16, 32), strict=True):
        for index in range(depth):
            before = divisor // 2 if index == 0 and divisor > 4 else divisor
            layers += [(channels, inner, 1, before), (inner, inner, 3, divisor)]
            layers += [(inner, 4 * inner, 1, divisor)]
            if index == 0:
                layers += [(channels, 4 * inner, 1, divisor)]
            channels = 4 * inner
    weights = [i * o * k * k for i, o, k, _ in layers]
    norms = [2 * o for _, o, _, _ in layers]
    places = [(height // d) * (width // d) for _, _, _, d in layers]
    macs = sum(w * p for w, p in zip(weights, places, strict=True)) + 2048 * 1000
    return sum(weights) + sum(norms) + 2048 * 1000 + 1000, macs


@pytest.mark.parametrize("name", CASES)
def test_on_paper_it_is_the_same(name):
    spec, size, _, _ = CASES[name]
    bp = blueprint(spec, size)
    assert (bp.params, bp.macs) == on_paper(spec.depths, spec.stem == "deep", *size)


def test_256x128_is_32_49ths_of_224x224():
    """Every map shrinks by the same factor; only the classifier does not."""
    classifier = 2048 * 1000
    square, tall = blueprint(R50, 224).macs, blueprint(R50, (256, 128)).macs
    assert (square - classifier) * 32 == (tall - classifier) * 49
