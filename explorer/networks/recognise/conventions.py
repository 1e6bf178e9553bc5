"""A small table of hints: programs whose tensors' names tell what their shapes cannot.

What names say is only where a reading begins: where batch norm remembers another one, that is
taken.
"""

import re
from typing import Final, NamedTuple

from explorer.networks.recognise.structure import Structure


class Convention(NamedTuple):
    """How a program names its layers; `title` is a heading of recognition.md."""

    title: str
    names: re.Pattern[str]
    plain: bool = False
    """It is so only where no convolution has groups."""
    frozen: bool = False
    """It is so only where the norms' statistics are folded into scales and shifts."""


_STRIDE_FIRST: Final = (
    # Caffe and Caffe2 (Detectron), and Keras before version 2.3: res2a_branch2a, res2_0_branch2a.
    Convention("stride first, caffe", re.compile(r"branch2a")),
    # keras.applications, version 1: conv2_block1_1_conv; version 2 names its norms "preact".
    Convention("stride first, keras", re.compile(r"(^|[./])conv\d_block\d+_1_conv$")),
    # pretrained-models.pytorch "follows Caffe implementation" in SE-ResNet, not in SE-ResNeXt.
    Convention("stride first, cadene", re.compile(r"(^|\.)se_module\."), plain=True),
    # detectron2 has both; MSRA's, of Caffe, are those whose norms were folded.
    Convention(
        "stride first, detectron", re.compile(r"(^|[./])res[2-5]\.\d+\.conv1$"), frozen=True
    ),
)
_ROUNDS_UP: Final = re.compile(r"(^|\.)se_module\.")


def stride_first(structure: Structure) -> str | None:
    """Which convention says that a bottleneck's first 1x1 has the stride."""
    if structure.kind != "bottleneck" or structure.pre or len(structure.stages) < 2:
        return None
    grouped = any(block.groups > 1 for block in structure.blocks)
    for title, names, plain, frozen in _STRIDE_FIRST:
        excluded = (plain and grouped) or (frozen and not _is_frozen(structure))
        if any(names.search(name) for name in _names(structure)) and not excluded:
            return title
    return None


def _is_frozen(structure: Structure) -> bool:
    """Whether norms have statistics, and all means are 0."""
    means = [norm.tensor("mean") for norm in structure.norms]
    return bool(means) and all(mean is not None and not bool(mean.any()) for mean in means)


def rounds_up(structure: Structure) -> bool:
    """Whether the names are of the SE-ResNets made after Caffe's, whose max pool begins at the
    first pixel and rounds up. A stem of one 3x3 has no pool there."""
    named = any(_ROUNDS_UP.search(name) for name in _names(structure))
    return named and (structure.stem[0].shape[2] > 3 or len(structure.stem) > 1)


def _names(structure: Structure) -> list[str]:
    found = [layer.name for block in structure.blocks for layer in block.convolutions]
    gates = [block.gate for block in structure.blocks if block.gate is not None]
    return found + [gate.squeeze.name for gate in gates]
