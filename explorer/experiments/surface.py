"""Losses on a square around a trained network, as a card keeps them; pure Python, no torch.

explorer.experiments.loss_surface computes them.
"""

from dataclasses import dataclass
from math import isfinite, log
from typing import Final

GUESSING: Final = log(10)
"""Loss of who gives each of ten classes the same probability."""


def line(points: int, reach: float = 1.0) -> tuple[float, ...]:
    """Steps from -reach to reach; an odd number of them has the centre among them."""
    middle = (points - 1) / 2
    return tuple(reach * (index - middle) / middle for index in range(points))


@dataclass(frozen=True, slots=True)
class Surface:
    """Losses on a square around a trained network, as a card keeps them.

    `rows[i][j]` is the loss `steps[i]` along the second direction and `steps[j]` along the first.
    None stands for a loss that is no number. `pictures` is how many training pictures it is the
    mean of, `seeds` are those of the two directions, `bfloat16` is how convolutions were computed.
    """

    network: str
    reach: float
    pictures: int
    seeds: tuple[int, int]
    rows: tuple[tuple[float | None, ...], ...]
    bfloat16: bool = False

    @property
    def steps(self) -> tuple[float, ...]:
        """The places of the rows, and of the columns."""
        return line(len(self.rows), self.reach)

    @property
    def centre(self) -> float:
        """The loss of the network itself."""
        middle = len(self.rows) // 2
        return self.rows[middle][middle] or 0.0

    def share_below(self, loss: float) -> float:
        """The share of all places where the loss is lower than that."""
        every = [value for row in self.rows for value in row]
        return sum(value is not None and value < loss for value in every) / len(every)

    @property
    def hollows(self) -> int:
        """Places inside the square whose loss is lower than at all eight places around them.

        A bowl has one.
        """
        return sum(
            self._is_hollow(row, column)
            for row in range(1, len(self.rows) - 1)
            for column in range(1, len(self.rows[row]) - 1)
        )

    def _is_hollow(self, row: int, column: int) -> bool:
        here = self.rows[row][column]
        around = [
            self.rows[row + down][column + right]
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
            if down or right
        ]
        return here is not None and all(other is None or here < other for other in around)


def rounded(loss: float) -> float | None:
    """A loss as a card keeps it, to four digits."""
    return float(f"{loss:.4g}") if isfinite(loss) else None
