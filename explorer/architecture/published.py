"""Published figures, each with its source and the protocol it was measured under.

Only what was read in its source is listed.
"""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from explorer.architecture.presets import PRESETS, preset
from explorer.architecture.protocols import (
    CAFFE_CROP,
    CIFAR_BOTH,
    CIFAR_KUANGLIU,
    CIFAR_PREACT,
    CIFAR_TEST,
    CIFAR_WIDE,
    CROP_320,
    FB_CROP,
    FB_TEN_CROPS,
    GROUP_NORM_CROP,
    MULTI_SCALE,
    PROTOCOLS,
    RESNEXT_CROP,
    SENET_CROP,
    TEN_CROPS,
    TIMM_CROP,
    V1_WEIGHTS,
    V2_WEIGHTS,
    WIDE_CROP,
    Dataset,
    Metric,
    Source,
)
from explorer.architecture.spec import NetworkSpec
from explorer.words import label, section


class Variant(NamedTuple):
    """A network that a source measured and that is not exactly a preset.

    `kind` is its id among the labels [variant], `of` the preset whose title it is named after.
    """

    kind: str
    of: str
    spec: NetworkSpec

    @property
    def title(self) -> str:
        """How it is called on screen."""
        return label(f"variant.{self.kind}", network=PRESETS[self.of].title)


@dataclass(frozen=True, slots=True)
class Figure:
    """One published result on a validation or test set.

    Attributes:
        preset: name of the network it is about.
        protocol: how it was measured, an id of PROTOCOLS. Compare within one protocol only.
        top1, top5: percent; None where the source gives none.
        remark: section of words/published.md with what one has to know beside the number.
        variant: the network of the source, where it is not exactly the preset.
    """

    preset: str
    protocol: str
    top1: float
    top5: float | None
    remark: str = ""
    variant: Variant | None = None

    @property
    def dataset(self) -> Dataset:
        """What it was measured on."""
        return PROTOCOLS[self.protocol].dataset

    @property
    def metric(self) -> Metric:
        """Whether top1 and top5 are accuracies or errors, as the source prints them."""
        return PROTOCOLS[self.protocol].metric

    @property
    def source(self) -> Source:
        """Where it was read."""
        return PROTOCOLS[self.protocol].source

    @property
    def note(self) -> str:
        """The remark, in words; empty where there is none."""
        return section("published", self.remark) if self.remark else ""

    @property
    def top1_accuracy(self) -> float:
        """Top-1 accuracy in percent, whichever way the source prints it."""
        return self.top1 if self.metric == "accuracy" else round(100 - self.top1, 3)

    @property
    def spec(self) -> NetworkSpec:
        """The network that was measured."""
        return self.variant.spec if self.variant else preset(self.preset)

    @property
    def title(self) -> str:
        """Of the network that was measured."""
        return self.variant.title if self.variant else PRESETS[self.preset].title


_Row = tuple[str | Variant, float, float | None, str]


def _figures(protocol: str, *rows: _Row) -> tuple[Figure, ...]:
    return tuple(
        Figure(of.of, protocol, top1, top5, remark, of)
        if isinstance(of, Variant)
        else Figure(of, protocol, top1, top5, remark)
        for of, top1, top5, remark in rows
    )


_TORCHVISION: Final[tuple[tuple[_Row, tuple[float, float] | None], ...]] = (
    (("resnet18", 69.758, 89.078, ""), None),
    (("resnet34", 73.314, 91.420, ""), None),
    (("resnet50", 76.130, 92.862, ""), (80.858, 95.434)),
    (("resnet101", 77.374, 93.546, ""), (81.886, 95.780)),
    (("resnet152", 78.312, 94.046, ""), (82.284, 96.002)),
    (("resnext50_32x4d", 77.618, 93.698, ""), (81.198, 95.340)),
    (("resnext101_32x8d", 79.312, 94.526, ""), (82.834, 96.228)),
    (("resnext101_64x4d", 83.246, 96.454, "newer recipe"), None),
    (("wide_resnet50_2", 78.468, 94.086, ""), (81.602, 95.758)),
    (("wide_resnet101_2", 78.848, 94.284, ""), (82.510, 96.020)),
)
A18: Final = Variant("option_a", "resnet18", replace(preset("resnet18"), shortcut="padding"))
A34: Final = Variant("option_a", "resnet34", replace(preset("resnet34"), shortcut="padding"))
C34: Final = Variant(
    "option_c", "resnet34", replace(preset("resnet34"), shortcut="projection-always")
)
_POST_200: Final = Variant(
    "post_activation",
    "preact_resnet200",
    replace(preset("preact_resnet200"), activation_order="post", norm_on_projection=True),
)

_SE50_V1: Final = Variant(
    "v1_strides", "seresnet50", replace(preset("seresnet50"), stride_on="1x1")
)

FIGURES: Final[tuple[Figure, ...]] = (
    *_figures(V1_WEIGHTS, *(v1 for v1, _ in _TORCHVISION)),
    *_figures(V2_WEIGHTS, *((v1[0], *v2, "") for v1, v2 in _TORCHVISION if v2 is not None)),
    *_figures(
        TEN_CROPS,
        ("plain18", 27.94, None, "table 2"),
        (A18, 27.88, None, "table 2"),
        ("plain34", 28.54, 10.02, "tables 2 and 3"),
        (A34, 25.03, 7.76, "tables 2 and 3"),
        ("resnet34", 24.52, 7.46, "table 3, option b"),
        (C34, 24.19, 7.40, "table 3"),
        ("resnet50_v1", 22.85, 6.71, "table 3"),
        ("resnet101_v1", 21.75, 6.05, "table 3"),
        ("resnet152_v1", 21.43, 5.71, "table 3"),
    ),
    *_figures(
        MULTI_SCALE,
        ("resnet34", 21.84, 5.71, "table 4, option b"),
        (C34, 21.53, 5.60, "table 4"),
        ("resnet50_v1", 20.74, 5.25, "table 4"),
        ("resnet101_v1", 19.87, 4.60, "table 4"),
        ("resnet152_v1", 19.38, 4.49, "table 4"),
    ),
    *_figures(
        CAFFE_CROP,
        ("resnet50_v1", 24.7, 7.8, ""),
        ("resnet101_v1", 23.6, 7.1, ""),
        ("resnet152_v1", 23.0, 6.7, ""),
    ),
    *_figures(FB_CROP, ("resnet18", 30.43, 10.76, "other version"), ("resnet34", 26.73, 8.74, "")),
    *_figures(FB_TEN_CROPS, ("resnet18", 28.22, 9.42, ""), ("resnet34", 24.76, 7.35, "")),
    *_figures(
        RESNEXT_CROP,
        ("resnet50", 23.9, None, "stride not said"),
        ("resnext50_32x4d", 22.2, None, ""),
        ("resnet101", 22.0, None, "stride not said"),
        ("resnext101_64x4d", 20.4, None, ""),
    ),
    *_figures(WIDE_CROP, ("wide_resnet50_2", 21.9, 5.79, "")),
    *_figures(
        CROP_320,
        ("resnet152_v1", 21.3, 5.5, "table 5"),
        ("preact_resnet152", 21.1, 5.5, "table 5"),
        (_POST_200, 21.8, 6.0, "table 5"),
        ("preact_resnet200", 20.7, 5.3, "table 5"),
        ("preact_resnet200", 20.1, 4.8, "table 5, augmented"),
    ),
    *_figures(
        CIFAR_TEST,
        ("resnet20", 8.75, None, "table 6"),
        ("resnet32", 7.51, None, "table 6"),
        ("resnet44", 7.17, None, "table 6"),
        ("resnet56", 6.97, None, "table 6"),
        ("resnet110", 6.43, None, "table 6, best run"),
        ("resnet110", 6.61, None, "table 6, mean"),
        ("resnet1202", 7.93, None, "table 6"),
    ),
    *_figures(
        CIFAR_PREACT,
        ("resnet110", 6.61, None, "table 3, baseline"),
        ("preact_resnet110", 6.37, None, "table 3"),
        ("preact_resnet164", 5.46, None, "table 3"),
        ("preact_resnet1001", 4.92, None, "batches of 128"),
        ("preact_resnet1001", 4.62, None, "batches of 64"),
    ),
    *_figures(CIFAR_WIDE, ("wrn_28_10", 4.00, None, "median of 5")),
    *_figures(
        CIFAR_BOTH,
        ("resnet20_both", 8.27, None, "no validation set"),
        ("resnet32_both", 7.37, None, "no validation set"),
        ("resnet44_both", 6.90, None, "no validation set"),
        ("resnet56_both", 6.61, None, "no validation set"),
        ("resnet110_both", 6.32, None, "no validation set"),
    ),
    *_figures(
        CIFAR_KUANGLIU,
        ("resnet18_cifar", 93.02, None, ""),
        ("preact_resnet18_cifar", 95.11, None, ""),
        ("resnext29_32x4d", 94.73, None, ""),
    ),
    *_figures(
        TIMM_CROP,
        ("resnet50d", 80.530, 95.160, "newer recipe of timm"),
        ("seresnet50", 80.274, 95.070, "newer recipe of timm"),
    ),
    *_figures(SENET_CROP, (_SE50_V1, 22.37, 6.36, "")),
    *_figures(GROUP_NORM_CROP, ("resnet50_gn", 24.0, None, "three runs")),
)


def figures_of(preset_name: str) -> tuple[Figure, ...]:
    """Figures of exactly this preset, torchvision's first; empty where none was published."""
    return tuple(f for f in FIGURES if f.preset == preset_name and f.variant is None)


def figure_of(protocol: str, of: str | Variant, remark: str | None = None) -> Figure:
    """The figure of this network under this protocol; `remark` tells two apart.

    Raises:
        KeyError: there is none.
    """
    for figure in FIGURES:
        measured = figure.variant or figure.preset
        if (figure.protocol, measured) == (protocol, of) and remark in (None, figure.remark):
            return figure
    raise KeyError((protocol, of, remark))
