"""The classifier: the linear layers that read a network's last channels."""

from collections.abc import Sequence

from explorer.networks.recognise.modules import Layer
from explorer.networks.recognise.paths import begin_alike
from explorer.networks.recognise.structure import Structure


def head_of(order: Sequence[Layer], structure: Structure, used: set[int]) -> list[Layer]:
    """Linear layers from the last channels to the classes; a 1x1 convolution too."""
    free = [
        layer
        for layer in order
        if id(layer) not in used
        and (layer.kind == "linear" or _may_classify(layer, order, used))
        and "weight" in layer.parts
    ]
    return classifier(free, structure.out)


def _may_classify(layer: Layer, order: Sequence[Layer], used: set[int]) -> bool:
    """Whether a convolution may be a classifier: a 1x1, and no part of a decoder, which has larger
    ones beside it."""
    if layer.kind != "conv" or layer.shape[2:] != (1, 1):
        return False
    body = next(one.path for one in order if id(one) in used)
    shared = begin_alike(layer.path, body)
    return not any(
        one.kind == "conv" and one.shape[2] > 1 and id(one) not in used
        for one in order
        if one.path[:shared] == layer.path[:shared]
    )


def classifier(free: Sequence[Layer], channels: int) -> list[Layer]:
    """The linear layers that lead from so many channels to the classes."""
    first = next((layer for layer in free if _inputs(layer) == channels), None)
    if first is None:
        first = next((layer for layer in free if _is_turned(layer, channels)), None)
        if first is None:
            return []
        # Paddle's are (in, out), though its convolutions are as torch's.
        first.by_column = not first.by_column
    found = [first]
    while True:
        rest = [
            layer for layer in free if layer not in found and layer.path[:-1] == first.path[:-1]
        ]
        reading = (layer for layer in rest if _inputs(layer) == found[-1].shape[0])
        following = next(reading, None)
        if following is None:
            return found
        found.append(following)


def _is_turned(layer: Layer, channels: int) -> bool:
    """Whether a linear layer's weight is laid out the other way round: its bias tells."""
    if layer.kind != "linear" or layer.shape[0] != channels:
        return False
    bias = layer.parts.get("bias")
    return layer.by_column or (bias is not None and bias.shape == layer.shape[1:])


def _inputs(layer: Layer) -> int:
    return layer.shape[1]
