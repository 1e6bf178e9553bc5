"""The gradient at an addition in its two parts. Pure numbers: views read it."""

from dataclasses import dataclass
from typing import Literal

Silence = Literal["both", "main", "skip", "cancelled"]


@dataclass(frozen=True, slots=True)
class Split:
    """The gradient at a block's input (what the shortcut reads), in its two parts.

    Lengths of vectors (2-norms) in float64. `whole` is what autograd itself says of the sum;
    `residue` is the length of whole - (main + skip): what the two parts leave over.
    """

    block: str
    main: float
    skip: float
    inner: float
    whole: float
    arriving: float
    residue: float

    @property
    def sum(self) -> float:
        """Length of the sum of both parts, from their lengths and their inner product."""
        return max(0.0, self.main**2 + self.skip**2 + 2 * self.inner) ** 0.5

    @property
    def silence(self) -> Silence | None:
        """Which of the parts bring nothing, so that there is no angle between them; "cancelled"
        where both bring something and nothing is left, so that there is nothing to share out."""
        if not self.main or not self.skip:
            return "both" if self.main == self.skip else "skip" if self.main else "main"
        return None if self.sum else "cancelled"

    @property
    def cosine(self) -> float:
        """Of the angle between the parts; 0 where one of them is nothing."""
        both = self.main * self.skip
        return self.inner / both if both else 0.0

    @property
    def share(self) -> float:
        """Of the sum, by the shortcut: <skip, sum> / <sum, sum>, so both shares add up to 1.

        Above 1 where the main branch takes away; 0 where nothing arrives.
        """
        whole = self.main**2 + self.skip**2 + 2 * self.inner
        return (self.skip**2 + self.inner) / whole if whole > 0 else 0.0

    @property
    def left(self) -> float:
        """Length of the sum over the sum of the lengths: 1 where both parts point alike."""
        both = self.main + self.skip
        return self.sum / both if both else 0.0
