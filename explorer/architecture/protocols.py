"""Where published figures were read, and how they were measured.

Figures of one protocol can be compared with each other; figures of two protocols (one crop and
ten crops, two training recipes) cannot.
"""

from typing import Final, Literal, NamedTuple

from explorer.words import label

Dataset = Literal["ImageNet", "CIFAR-10"]
Metric = Literal["accuracy", "error"]


class Source(NamedTuple):
    """Where a figure was read."""

    id: str
    url: str

    @property
    def name(self) -> str:
        """What it is called, for a link."""
        return label(f"source.{self.id}")


TORCHVISION_META: Final = Source(
    "torchvision", "https://docs.pytorch.org/vision/stable/models/resnet.html"
)
PAPER: Final = Source("paper", "https://arxiv.org/abs/1512.03385")
PREACT: Final = Source("preactivation", "https://arxiv.org/abs/1603.05027")
CAFFE: Final = Source("caffe", "https://github.com/KaimingHe/deep-residual-networks")
FB_TORCH: Final = Source("fb_torch", "https://github.com/facebookarchive/fb.resnet.torch")
RESNEXT: Final = Source("resnext", "https://github.com/facebookresearch/ResNeXt")
WIDE: Final = Source("wide", "https://github.com/szagoruyko/wide-residual-networks")
AKAMASTER: Final = Source("akamaster", "https://github.com/akamaster/pytorch_resnet_cifar10")
KUANGLIU: Final = Source("kuangliu", "https://github.com/kuangliu/pytorch-cifar")
TIMM: Final = Source("timm", "https://huggingface.co/docs/timm/v0.9.12/results")
SENET: Final = Source("senet", "https://github.com/hujie-frank/SENet")
GROUP_NORM: Final = Source("groupnorm", "https://github.com/ppwwyyxx/GroupNorm-reproduce")


class Protocol(NamedTuple):
    """How figures that can be compared with each other were measured.

    `metric` says whether they are accuracies or errors, as the source prints them; `image_size`
    is the crop's, in pixels, where it is not the network's usual one.
    """

    dataset: Dataset
    metric: Metric
    source: Source
    image_size: int | None = None


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
CIFAR_WIDE: Final = "wide-cifar10"
CIFAR_BOTH: Final = "akamaster-cifar10"
CIFAR_KUANGLIU: Final = "kuangliu-cifar10"
TIMM_CROP: Final = "timm-1-crop"
SENET_CROP: Final = "senet-1-crop"
GROUP_NORM_CROP: Final = "groupnorm-1-crop"
PROTOCOLS: Final = {
    V1_WEIGHTS: Protocol("ImageNet", "accuracy", TORCHVISION_META),
    V2_WEIGHTS: Protocol("ImageNet", "accuracy", TORCHVISION_META),
    TEN_CROPS: Protocol("ImageNet", "error", PAPER),
    MULTI_SCALE: Protocol("ImageNet", "error", PAPER),
    CAFFE_CROP: Protocol("ImageNet", "error", CAFFE),
    FB_CROP: Protocol("ImageNet", "error", FB_TORCH),
    FB_TEN_CROPS: Protocol("ImageNet", "error", FB_TORCH),
    RESNEXT_CROP: Protocol("ImageNet", "error", RESNEXT),
    WIDE_CROP: Protocol("ImageNet", "error", WIDE),
    CROP_320: Protocol("ImageNet", "error", PREACT, 320),
    CIFAR_TEST: Protocol("CIFAR-10", "error", PAPER),
    CIFAR_PREACT: Protocol("CIFAR-10", "error", PREACT),
    CIFAR_WIDE: Protocol("CIFAR-10", "error", WIDE),
    CIFAR_BOTH: Protocol("CIFAR-10", "error", AKAMASTER),
    CIFAR_KUANGLIU: Protocol("CIFAR-10", "accuracy", KUANGLIU),
    TIMM_CROP: Protocol("ImageNet", "accuracy", TIMM),
    SENET_CROP: Protocol("ImageNet", "error", SENET),
    GROUP_NORM_CROP: Protocol("ImageNet", "error", GROUP_NORM),
}
"""By id; the labels [protocol] are their words."""
