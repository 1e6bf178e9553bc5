"""What is known of a network's batch norms before anything runs. Imports no torch."""

from typing import Final

from explorer.architecture import Blueprint, NetworkSpec, Op

MOST_IMAGES: Final = 8
FEW_IMAGES: Final = 4
"""Of the experiments that run a whole network several times."""
_MOST_VALUES: Final = 2**23
"""Of one op for the whole batch: 32 MiB as 4-byte floats."""
_MOST_MACS: Final = 40_000_000_000
"""Of the whole batch: under a second on two cores that have nothing else to do."""


def layers(bp: Blueprint) -> dict[str, Op]:
    """Path -> op of every batch norm, in the order in which they run."""
    return {op.path: op for op in bp.ops if op.kind == "batch_norm"}


def foldable(bp: Blueprint) -> list[tuple[Op, Op]]:
    """Every convolution that batch norm follows, with that batch norm."""
    by_path = {op.path: op for op in bp.ops}
    return [
        (by_path[op.inputs[0]], op)
        for op in bp.ops
        if op.kind == "batch_norm" and by_path[op.inputs[0]].kind == "conv"
    ]


def images_that_fit(bp: Blueprint) -> int:
    """How many images a batch may have: 8, or fewer (at least 2) where they cost a lot."""
    largest = max(op.activations for op in bp.ops)
    return max(2, min(MOST_IMAGES, _MOST_VALUES // largest, _MOST_MACS // bp.macs))


def takes_pictures(spec: NetworkSpec) -> bool:
    """Whether the network takes colour or grey images."""
    return spec.in_channels in (1, 3)
