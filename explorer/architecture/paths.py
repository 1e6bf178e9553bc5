"""The paths through a residual network: each block is either gone through or passed by."""

from dataclasses import dataclass
from math import comb, sqrt

from explorer.words import FieldError


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths through `blocks` residual blocks by their length in blocks (Veit et al. 2016).

    There are 2^blocks of them, and their lengths follow Binomial(blocks, 1/2).
    """

    blocks: int

    def __post_init__(self) -> None:
        if not 1 <= self.blocks <= 1_000:
            raise FieldError("spec", "blocks of paths", {"blocks": self.blocks})

    @property
    def count(self) -> int:
        return int(2**self.blocks)

    @property
    def mean_length(self) -> float:
        return self.blocks / 2

    @property
    def deviation(self) -> float:
        return sqrt(self.blocks) / 2

    def of_length(self, length: int) -> int:
        """How many paths go through exactly `length` blocks."""
        return comb(self.blocks, length)

    def share(self, shortest: int, longest: int) -> float:
        """Of the paths whose length lies in this range, ends included."""
        lengths = range(max(0, shortest), min(self.blocks, longest) + 1)
        return sum(map(self.of_length, lengths)) / self.count

    def left_after(self, deleted: int) -> float:
        """Share of the paths that remain when `deleted` blocks lose their main branch."""
        return float(0.5 ** min(deleted, self.blocks))
