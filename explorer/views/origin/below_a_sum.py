"""The lines below the terms that are drawn: the other terms, the bias, and the sum."""

from collections.abc import Sequence
from typing import Final

from explorer.views.adding_up import Written
from explorer.views.palette import BORDER
from explorer.views.svg import text
from explorer.words import count, label

LINE: Final = 26
"""Height of a line, in units of the drawing."""
TOTALS: Final = 128
"""Room for the numbers, at the right."""


def left_over(others: int, told: Written) -> list[tuple[str, str]]:
    """Names and numbers of what is not drawn: `others` channels together, and the bias."""
    lines = [] if told.others is None else [(count(others, "other_channel"), told.others)]
    return lines if told.bias is None else [*lines, (label("origin_sum.bias"), told.bias)]


def lines_below(lines: Sequence[tuple[str, str]], width: float, y: float) -> str:
    """Names and numbers from `y` on; the last is the sum, below a stroke."""
    parts = []
    for index, (name, shown) in enumerate(lines):
        last = index == len(lines) - 1
        if last:
            parts.append(f'<path d="M0,{y + 4:.1f} H{width}" stroke="{BORDER}"/>')
            y += 6
        parts.append(text(width - TOTALS, y + 18, name, anchor="end", bold=last))
        parts.append(text(width, y + 18, shown, anchor="end", bold=last))
        y += LINE
    return "".join(parts)
