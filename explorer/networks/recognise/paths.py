"""What the names of layers have in common, step by step."""

import itertools
from collections.abc import Sequence

from explorer.networks.recognise.modules import Layer


def begin_alike(path: Sequence[str], other: Sequence[str]) -> int:
    """How many steps two names have in common from their beginning."""
    pairs = zip(path, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def shared_steps(used: Sequence[Layer]) -> int:
    """How many steps all names have in common; the last one of each stays its own."""
    common = 0
    paths = [one.path for one in used]
    while all(len(p) > common + 1 and p[common] == paths[0][common] for p in paths):
        common += 1
    return common
