"""Published figures, each with its source and the protocol it was measured under.

Figures of one protocol can be compared with each other; figures of two protocols (one crop and
ten crops, two training recipes) cannot. Only what was read in its source is listed.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from explorer.architecture.presets import PRESETS, preset
from explorer.architecture.spec import NetworkSpec

Dataset = Literal["ImageNet", "CIFAR-10"]
Metric = Literal["accuracy", "error"]


class Source(NamedTuple):
    """Where a figure was read."""

    name: str
    url: str


TORCHVISION_META: Final = Source(
    "torchvision 0.28.0, metadata of the weights",
    "https://docs.pytorch.org/vision/stable/models/resnet.html",
)
PAPER: Final = Source("He et al. 2015, arXiv 1512.03385", "https://arxiv.org/abs/1512.03385")
PREACT: Final = Source("He et al. 2016, arXiv 1603.05027", "https://arxiv.org/abs/1603.05027")
CAFFE: Final = Source(
    "KaimingHe/deep-residual-networks, README",
    "https://github.com/KaimingHe/deep-residual-networks",
)
FB_TORCH: Final = Source(
    "facebookarchive/fb.resnet.torch, README", "https://github.com/facebookarchive/fb.resnet.torch"
)
RESNEXT: Final = Source(
    "facebookresearch/ResNeXt, README", "https://github.com/facebookresearch/ResNeXt"
)
WIDE: Final = Source(
    "szagoruyko/wide-residual-networks, README",
    "https://github.com/szagoruyko/wide-residual-networks",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One published result on a validation or test set.

    Attributes:
        preset: name of the network it is about.
        dataset: what it was measured on.
        metric: whether top1 and top5 are accuracies or errors, as the source prints them.
        top1, top5: percent; None where the source gives none.
        protocol: how it was measured, an id. Compare within one protocol only.
        source, url: where it was read.
        note: what a reader has to know beside the number.
        measured: the network of the source, where it is not exactly the preset.
        measured_title: how to call that network on screen.
    """

    preset: str
    dataset: Dataset
    metric: Metric
    top1: float
    top5: float | None
    protocol: str
    source: str
    url: str | None = None
    note: str = ""
    measured: NetworkSpec | None = None
    measured_title: str = ""

    @property
    def top1_accuracy(self) -> float:
        """Top-1 accuracy in percent, whichever way the source prints it."""
        return self.top1 if self.metric == "accuracy" else round(100 - self.top1, 3)

    @property
    def spec(self) -> NetworkSpec:
        """The network that was measured."""
        return self.measured or preset(self.preset)

    @property
    def title(self) -> str:
        """Of the network that was measured."""
        return self.measured_title or PRESETS[self.preset].title


# Protocols; their words are in labels.toml.
V1_WEIGHTS: Final = "torchvision-v1"
V2_WEIGHTS: Final = "torchvision-v2"
TEN_CROPS: Final = "paper-10-crops"
MULTI_SCALE: Final = "paper-5-scales"
CAFFE_CROP: Final = "caffe-1-crop"
FB_CROP: Final = "fb-1-crop"
FB_TEN_CROPS: Final = "fb-10-crops"
RESNEXT_CROP: Final = "resnext-1-crop"
WIDE_CROP: Final = "wide-1-crop"
CROP_320: Final = "preact-320"
CIFAR_TEST: Final = "paper-cifar10"
CIFAR_PREACT: Final = "preact-cifar10"


_Row = tuple[str, float, float | None, str]
_Variant = tuple[NetworkSpec, str]


def _figure(
    row: _Row, protocol: str, source: Source, metric: Metric, variant: _Variant | None = None
) -> Figure:
    name, top1, top5, note = row
    dataset: Dataset = "CIFAR-10" if protocol in (CIFAR_TEST, CIFAR_PREACT) else "ImageNet"
    measured, title = variant or (None, "")
    return Figure(
        name, dataset, metric, top1, top5, protocol, source.name, source.url, note, measured, title
    )


def _errors(protocol: str, source: Source, *rows: _Row) -> tuple[Figure, ...]:
    return tuple(_figure(row, protocol, source, "error") for row in rows)


def _other(row: _Row, protocol: str, source: Source, spec: NetworkSpec, title: str) -> Figure:
    """An error of a network that is not exactly the preset it is listed with."""
    return _figure(row, protocol, source, "error", (spec, title))


_64X4D: Final = "Called V1, but trained with the newer recipe of the V2 weights."
_TORCHVISION: Final[tuple[tuple[_Row, tuple[float, float] | None], ...]] = (
    (("resnet18", 69.758, 89.078, ""), None),
    (("resnet34", 73.314, 91.420, ""), None),
    (("resnet50", 76.130, 92.862, ""), (80.858, 95.434)),
    (("resnet101", 77.374, 93.546, ""), (81.886, 95.780)),
    (("resnet152", 78.312, 94.046, ""), (82.284, 96.002)),
    (("resnext50_32x4d", 77.618, 93.698, ""), (81.198, 95.340)),
    (("resnext101_32x8d", 79.312, 94.526, ""), (82.834, 96.228)),
    (("resnext101_64x4d", 83.246, 96.454, _64X4D), None),
    (("wide_resnet50_2", 78.468, 94.086, ""), (81.602, 95.758)),
    (("wide_resnet101_2", 78.848, 94.284, ""), (82.510, 96.020)),
)
_A18: Final = replace(preset("resnet18"), shortcut="padding")
_A34: Final = replace(preset("resnet34"), shortcut="padding")
_C34: Final = replace(preset("resnet34"), shortcut="projection-always")
_POST_200: Final = replace(
    preset("preact_resnet200"), activation_order="post", norm_on_projection=True
)
_A18_TITLE, _A34_TITLE, _C34_TITLE = (
    "ResNet-18, option A",
    "ResNet-34, option A",
    "ResNet-34, option C",
)
_STRIDE: Final = (
    "The README does not say where the stride sits; the 4.1 G MACs it prints for ResNet-50 are "
    "those of v1.5."
)

FIGURES: Final[tuple[Figure, ...]] = (
    *(_figure(v1, V1_WEIGHTS, TORCHVISION_META, "accuracy") for v1, _ in _TORCHVISION),
    *(
        _figure((v1[0], *v2, ""), V2_WEIGHTS, TORCHVISION_META, "accuracy")
        for v1, v2 in _TORCHVISION
        if v2 is not None
    ),
    *_errors(TEN_CROPS, PAPER, ("plain18", 27.94, None, "Table 2.")),
    _other(("resnet18", 27.88, None, "Table 2."), TEN_CROPS, PAPER, _A18, _A18_TITLE),
    *_errors(TEN_CROPS, PAPER, ("plain34", 28.54, 10.02, "Tables 2 and 3.")),
    _other(("resnet34", 25.03, 7.76, "Tables 2 and 3."), TEN_CROPS, PAPER, _A34, _A34_TITLE),
    *_errors(TEN_CROPS, PAPER, ("resnet34", 24.52, 7.46, "Table 3, option B.")),
    _other(("resnet34", 24.19, 7.40, "Table 3."), TEN_CROPS, PAPER, _C34, _C34_TITLE),
    *_errors(
        TEN_CROPS,
        PAPER,
        ("resnet50_v1", 22.85, 6.71, "Table 3."),
        ("resnet101_v1", 21.75, 6.05, "Table 3."),
        ("resnet152_v1", 21.43, 5.71, "Table 3."),
    ),
    *_errors(MULTI_SCALE, PAPER, ("resnet34", 21.84, 5.71, "Table 4, option B.")),
    _other(("resnet34", 21.53, 5.60, "Table 4."), MULTI_SCALE, PAPER, _C34, _C34_TITLE),
    *_errors(
        MULTI_SCALE,
        PAPER,
        ("resnet50_v1", 20.74, 5.25, "Table 4."),
        ("resnet101_v1", 19.87, 4.60, "Table 4."),
        ("resnet152_v1", 19.38, 4.49, "Table 4."),
    ),
    *_errors(
        CAFFE_CROP,
        CAFFE,
        ("resnet50_v1", 24.7, 7.8, ""),
        ("resnet101_v1", 23.6, 7.1, ""),
        ("resnet152_v1", 23.0, 6.7, ""),
    ),
    *_errors(
        FB_CROP,
        FB_TORCH,
        ("resnet18", 30.43, 10.76, "One version of the README prints 30.41."),
        ("resnet34", 26.73, 8.74, ""),
    ),
    *_errors(FB_TEN_CROPS, FB_TORCH, ("resnet18", 28.22, 9.42, ""), ("resnet34", 24.76, 7.35, "")),
    *_errors(
        RESNEXT_CROP,
        RESNEXT,
        ("resnet50", 23.9, None, _STRIDE),
        ("resnext50_32x4d", 22.2, None, ""),
        ("resnet101", 22.0, None, _STRIDE),
        ("resnext101_64x4d", 20.4, None, ""),
    ),
    *_errors(WIDE_CROP, WIDE, ("wide_resnet50_2", 21.9, 5.79, "")),
    *_errors(
        CROP_320,
        PREACT,
        ("resnet152_v1", 21.3, 5.5, "Table 5."),
        ("preact_resnet152", 21.1, 5.5, "Table 5."),
    ),
    _other(
        ("preact_resnet200", 21.8, 6.0, "Table 5."),
        CROP_320,
        PREACT,
        _POST_200,
        "ResNet-200, post-activation",
    ),
    *_errors(
        CROP_320,
        PREACT,
        ("preact_resnet200", 20.7, 5.3, "Table 5."),
        ("preact_resnet200", 20.1, 4.8, "Table 5, with scale and aspect-ratio augmentation."),
    ),
    *_errors(
        CIFAR_TEST,
        PAPER,
        ("resnet20", 8.75, None, "Table 6."),
        ("resnet32", 7.51, None, "Table 6."),
        ("resnet44", 7.17, None, "Table 6."),
        ("resnet56", 6.97, None, "Table 6."),
        ("resnet110", 6.43, None, "Table 6: the best of five runs."),
        ("resnet110", 6.61, None, "Table 6: the mean of five runs, +- 0.16."),
        ("resnet1202", 7.93, None, "Table 6."),
    ),
    *_errors(
        CIFAR_PREACT,
        PREACT,
        ("resnet110", 6.61, None, "Table 3, the baseline."),
        ("preact_resnet110", 6.37, None, "Table 3."),
        ("preact_resnet164", 5.46, None, "Table 3."),
        ("preact_resnet1001", 4.92, None, "Tables 3 and 4, batches of 128; mean 4.89 +- 0.14."),
        ("preact_resnet1001", 4.62, None, "Table 4, batches of 64; mean 4.69 +- 0.20."),
    ),
)


def figures_of(preset_name: str) -> tuple[Figure, ...]:
    """Figures of exactly this preset, torchvision's first; empty where none was published."""
    return tuple(f for f in FIGURES if f.preset == preset_name and f.measured is None)
