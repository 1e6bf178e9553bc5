"""What a proof hands back: claimed and computed, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explorer.words import section

if TYPE_CHECKING:
    from torch import Tensor


class Said:
    """A section of the words with its values, worded when somebody reads it.

    Example:
        >>> str(Said("proofs/wiring", "about: plain weights 0"))
        'plain, weights 0'
    """

    def __init__(self, file: str, title: str, /, **values: Any) -> None:
        self._file, self._title, self._values = file, title, values

    def __str__(self) -> str:
        return section(self._file, self._title, **self._values)


Text = Said | str
"""Words, or numbers and code that are the same in every language."""


@dataclass(frozen=True, slots=True)
class Line:
    """One claim: its `subject`, the `claim` of a card, the `outcome` now, and whether they agree.

    The claim stands in the card word for word; a test looks for it there.
    """

    subject: Text
    claim: Text
    outcome: Text
    holds: bool

    @property
    def what(self) -> str:
        """What the line is about."""
        return str(self.subject)

    @property
    def claimed(self) -> str:
        """What a card says."""
        return str(self.claim)

    @property
    def computed(self) -> str:
        """What came out now."""
        return str(self.outcome)


@dataclass(frozen=True, slots=True)
class Proof:
    """Claims computed now: the lines, how they were computed, and the seconds it took."""

    lines: tuple[Line, ...]
    method: Text
    seconds: float

    @property
    def how(self) -> str:
        """How the lines were computed, in sentences."""
        return str(self.method)

    @property
    def holds(self) -> bool:
        """Whether every line does."""
        return all(line.holds for line in self.lines)


def exact(what: Text, claimed: int, computed: int) -> Line:
    """Two whole numbers that must be equal."""
    return Line(what, f"{claimed:,}", f"{computed:,}", claimed == computed)


def near(what: Text, claimed: str, computed: float, tolerance: float, unit: str = "") -> Line:
    """A number as the card writes it, and one within `tolerance` of it."""
    value = float(claimed.replace(",", ""))
    digits = len(claimed.partition(".")[2])
    shown = f"{computed:,.{digits + 1}f}" if digits else f"{computed:,.4g}"
    return Line(what, claimed + unit, shown + unit, abs(computed - value) <= tolerance)


def fact(what: Text, claimed: Text, computed: Text, holds: bool) -> Line:
    """A claim in words, and what was seen."""
    return Line(what, claimed, computed, holds)


def noise(*shape: int, seed: int = 0) -> Tensor:
    """What proofs run on: standard normal values of this shape, the same each time."""
    import torch  # views import this module, and none of them waits for torch

    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
