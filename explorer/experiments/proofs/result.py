"""What a proof hands back: claimed and computed, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Line:
    """One claim: what it is about, what a card says, what came out now, and whether they agree.

    `claimed` stands in the card word for word; a test looks for it there.
    """

    what: str
    claimed: str
    computed: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """Claims computed now: the lines, how they were computed, and the seconds it took."""

    lines: tuple[Line, ...]
    how: str
    seconds: float

    @property
    def holds(self) -> bool:
        return all(line.holds for line in self.lines)


def exact(what: str, claimed: int, computed: int) -> Line:
    """Two whole numbers that must be equal."""
    return Line(what, f"{claimed:,}", f"{computed:,}", claimed == computed)


def near(what: str, claimed: str, computed: float, tolerance: float, unit: str = "") -> Line:
    """A number as the card writes it, and one within `tolerance` of it."""
    value = float(claimed.replace(",", ""))
    digits = len(claimed.partition(".")[2])
    shown = f"{computed:,.{digits + 1}f}" if digits else f"{computed:,.4g}"
    return Line(what, claimed + unit, shown + unit, abs(computed - value) <= tolerance)


def fact(what: str, claimed: str, computed: str, holds: bool) -> Line:
    """A claim in words, and what was seen."""
    return Line(what, claimed, computed, holds)


def noise(*shape: int, seed: int = 0) -> Tensor:
    """What proofs run on: standard normal values of this shape, the same each time."""
    import torch  # views import this module, and none of them waits for torch

    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
