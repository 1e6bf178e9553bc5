"""The named networks. Adding one is adding a line."""

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final, Literal

from explorer.architecture.choices import BlockKind
from explorer.architecture.spec import NetworkSpec
from explorer.words import WordedError, label

Family = Literal[
    "imagenet",
    "imagenet_v1",
    "imagenet_more",
    "cifar",
    "cifar_both",
    "cifar_more",
    "preactivation",
    "plain",
    "teaching",
    "custom",
]
"""Headings of the list of networks, by id; the labels [family] are the words."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A named network: what it is called, the family it is listed under, its usual input.

    `family` is a heading in the list of networks and nothing else; `torchvision` says that
    torchvision builds the same network under the same name; `told` is an entry of the labels
    [preset_title], for networks whose name alone does not tell them apart; `number` is the one
    in the name where that counts other layers than `NetworkSpec.depth`.
    """

    name: str
    called: str
    family: Family
    spec: NetworkSpec
    image_size: int
    torchvision: bool = False
    told: str = ""
    number: int | None = None

    @property
    def title(self) -> str:
        """Its name on screen."""
        return label(f"preset_title.{self.told}", network=self.called) if self.told else self.called


def _imagenet(block: BlockKind, *depths: int) -> NetworkSpec:
    return NetworkSpec(block=block, depths=depths)


def _plain(spec: NetworkSpec) -> NetworkSpec:
    return replace(spec, shortcut="none")


def _cifar(depth: int) -> NetworkSpec:
    """The paper's CIFAR-10 network of 6n+2 layers, with option A (section 4.2)."""
    blocks = (depth - 2) // 6
    return NetworkSpec(
        "basic", (blocks,) * 3, (16, 32, 64), stem="cifar", shortcut="padding", num_classes=10
    )


def _pre_activation(spec: NetworkSpec) -> NetworkSpec:
    """BN-ReLU first, no BN on the projection, stride on the first 1x1 (resnet-1k-layers)."""
    return replace(spec, activation_order="pre", norm_on_projection=False, stride_on="1x1")


def _pre_activation_cifar(depth: int) -> NetworkSpec:
    """Bottlenecks, 9n+2 layers (Identity Mappings in Deep Residual Networks, section 5)."""
    blocks = (depth - 2) // 9
    spec = NetworkSpec("bottleneck", (blocks,) * 3, (16, 32, 64), stem="cifar", num_classes=10)
    return _pre_activation(spec)


def _bag_of_tricks(spec: NetworkSpec) -> NetworkSpec:
    """ResNet-D: three 3x3 in the stem, means before projections (He et al. 2018, Figure 2)."""
    return replace(spec, stem="deep", avg_down=True)


def _both_sides(depth: int) -> Preset:
    """The paper's CIFAR network as most public weights for it are: half of the zeros before."""
    spec = replace(_cifar(depth), zero_padding="both")
    title = f"ResNet-{depth}"
    return Preset(f"resnet{depth}_both", title, "cifar_both", spec, 32, told="zeros_both")


def _wide(depth: int, widen: int) -> Preset:
    """Wide Residual Networks, Table 1: 6n+4 layers, of which three are projections."""
    spec = NetworkSpec(
        "basic",
        ((depth - 4) // 6,) * 3,
        (16 * widen, 32 * widen, 64 * widen),
        stem="cifar",
        stem_width=16,
        activation_order="pre",
        norm_on_projection=False,
        num_classes=10,
    )
    name = f"wrn_{depth}_{widen}"
    return Preset(name, f"WRN-{depth}-{widen}", "cifar_more", spec, 32, number=depth)


def _resnext29(groups: int, width_per_group: int) -> NetworkSpec:
    """ResNeXt for CIFAR, 9n+2 layers (Aggregated Residual Transformations, section 5.3)."""
    return NetworkSpec(
        "bottleneck",
        (3, 3, 3),
        (64, 128, 256),
        stem="cifar",
        groups=groups,
        width_per_group=width_per_group,
        num_classes=10,
    )


R18, R34 = _imagenet("basic", 2, 2, 2, 2), _imagenet("basic", 3, 4, 6, 3)
R50, R101 = _imagenet("bottleneck", 3, 4, 6, 3), _imagenet("bottleneck", 3, 4, 23, 3)
R152, R200 = _imagenet("bottleneck", 3, 8, 36, 3), _imagenet("bottleneck", 3, 24, 36, 3)

R18_CIFAR = replace(R18, stem="cifar", num_classes=10)

_ALL: Final = (
    Preset("resnet18", "ResNet-18", "imagenet", R18, 224, True),
    Preset("resnet34", "ResNet-34", "imagenet", R34, 224, True),
    Preset("resnet50", "ResNet-50", "imagenet", R50, 224, True),
    Preset("resnet101", "ResNet-101", "imagenet", R101, 224, True),
    Preset("resnet152", "ResNet-152", "imagenet", R152, 224, True),
    Preset(
        "resnext50_32x4d",
        "ResNeXt-50 32x4d",
        "imagenet",
        replace(R50, groups=32, width_per_group=4),
        224,
        True,
    ),
    Preset(
        "resnext101_32x8d",
        "ResNeXt-101 32x8d",
        "imagenet",
        replace(R101, groups=32, width_per_group=8),
        224,
        True,
    ),
    Preset(
        "resnext101_64x4d",
        "ResNeXt-101 64x4d",
        "imagenet",
        replace(R101, groups=64, width_per_group=4),
        224,
        True,
    ),
    Preset(
        "wide_resnet50_2",
        "Wide ResNet-50-2",
        "imagenet",
        replace(R50, width_per_group=128),
        224,
        True,
    ),
    Preset(
        "wide_resnet101_2",
        "Wide ResNet-101-2",
        "imagenet",
        replace(R101, width_per_group=128),
        224,
        True,
    ),
    Preset("resnet50_v1", "ResNet-50 v1", "imagenet_v1", replace(R50, stride_on="1x1"), 224),
    Preset("resnet101_v1", "ResNet-101 v1", "imagenet_v1", replace(R101, stride_on="1x1"), 224),
    Preset("resnet152_v1", "ResNet-152 v1", "imagenet_v1", replace(R152, stride_on="1x1"), 224),
    Preset("resnet10", "ResNet-10", "imagenet_more", _imagenet("basic", 1, 1, 1, 1), 224),
    Preset("resnet26", "ResNet-26", "imagenet_more", _imagenet("bottleneck", 2, 2, 2, 2), 224),
    Preset("resnet18d", "ResNet-18-D", "imagenet_more", _bag_of_tricks(R18), 224),
    Preset("resnet50d", "ResNet-50-D", "imagenet_more", _bag_of_tricks(R50), 224),
    Preset("seresnet50", "SE-ResNet-50", "imagenet_more", replace(R50, se_ratio=16), 224),
    Preset("resnet50_gn", "ResNet-50-GN", "imagenet_more", replace(R50, norm="group"), 224),
    Preset(
        "resnet50_os16",
        "ResNet-50",
        "imagenet_more",
        replace(R50, output_stride=16),
        224,
        told="output_stride_16",
    ),
    Preset("resnet20", "ResNet-20", "cifar", _cifar(20), 32),
    Preset("resnet32", "ResNet-32", "cifar", _cifar(32), 32),
    Preset("resnet44", "ResNet-44", "cifar", _cifar(44), 32),
    Preset("resnet56", "ResNet-56", "cifar", _cifar(56), 32),
    Preset("resnet110", "ResNet-110", "cifar", _cifar(110), 32),
    Preset("resnet1202", "ResNet-1202", "cifar", _cifar(1202), 32),
    *(_both_sides(depth) for depth in (20, 32, 44, 56, 110)),
    Preset("resnet18_cifar", "ResNet-18", "cifar_more", R18_CIFAR, 32, told="for_cifar"),
    Preset(
        "preact_resnet18_cifar",
        "Pre-act ResNet-18",
        "cifar_more",
        replace(
            R18_CIFAR,
            activation_order="pre",
            norm_on_projection=False,
            final_norm=False,
            share_first=False,
        ),
        32,
        told="for_cifar",
    ),
    _wide(16, 4),
    _wide(28, 10),
    _wide(40, 2),
    Preset("resnext29_8x64d", "ResNeXt-29 8x64d", "cifar_more", _resnext29(8, 64), 32),
    Preset(
        "resnext29_32x4d",
        "ResNeXt-29 32x4d",
        "cifar_more",
        replace(_resnext29(32, 4), stem="1x1"),
        32,
    ),
    Preset("preact_resnet18", "Pre-act ResNet-18", "preactivation", _pre_activation(R18), 224),
    Preset("preact_resnet34", "Pre-act ResNet-34", "preactivation", _pre_activation(R34), 224),
    Preset("preact_resnet50", "Pre-act ResNet-50", "preactivation", _pre_activation(R50), 224),
    Preset("preact_resnet101", "Pre-act ResNet-101", "preactivation", _pre_activation(R101), 224),
    Preset("preact_resnet152", "Pre-act ResNet-152", "preactivation", _pre_activation(R152), 224),
    Preset("preact_resnet200", "Pre-act ResNet-200", "preactivation", _pre_activation(R200), 224),
    Preset(
        "preact_resnet110",
        "Pre-act ResNet-110",
        "preactivation",
        replace(_cifar(110), activation_order="pre"),
        32,
    ),
    Preset(
        "preact_resnet164", "Pre-act ResNet-164", "preactivation", _pre_activation_cifar(164), 32
    ),
    Preset(
        "preact_resnet1001",
        "Pre-act ResNet-1001",
        "preactivation",
        _pre_activation_cifar(1001),
        32,
    ),
    Preset("plain18", "Plain-18", "plain", _plain(R18), 224),
    Preset("plain34", "Plain-34", "plain", _plain(R34), 224),
    Preset("plain20", "Plain-20", "plain", _plain(_cifar(20)), 32),
    Preset("plain56", "Plain-56", "plain", _plain(_cifar(56)), 32),
    Preset("plain110", "Plain-110", "plain", _plain(_cifar(110)), 32),
    Preset(
        "d2l_resnet18",
        "d2l ResNet-18",
        "teaching",
        replace(R18, conv_bias=True, norm_on_projection=False, num_classes=10),
        224,
    ),
)

PRESETS: Final[dict[str, Preset]] = {entry.name: entry for entry in _ALL}

FAMILIES: Final = tuple(dict.fromkeys(entry.family for entry in _ALL))
"""Those with presets, in order."""

TORCHVISION: Final = tuple(entry.name for entry in _ALL if entry.torchvision)
"""The presets that torchvision builds too, under the same names."""


def preset(name: str) -> NetworkSpec:
    """The spec of a named network.

    Raises:
        WordedError: unknown name; the message offers the nearest ones.
    """
    if name in PRESETS:
        return PRESETS[name].spec
    near = get_close_matches(str(name), PRESETS, n=3, cutoff=0.4) or ["resnet18", "resnet50"]
    raise WordedError("spec", "unknown network", name=repr(name), near=", ".join(near))
