"""How wide a text will be, for drawings that must leave room for it before it is drawn."""

from functools import lru_cache
from typing import Final
from unicodedata import east_asian_width

_AVERAGE: Final = 0.53
"""Mean width of a letter of a sans-serif font, in font sizes."""


@lru_cache(maxsize=4096)
def width(text: str, size: float) -> float:
    """About how wide a line of text is in a sans-serif font of `size`, in the same unit.

    Wide signs, such as Chinese ones, are as wide as the font is high (Unicode, annex 11).
    """
    return sum(map(_of_sign, text)) * size


def _of_sign(sign: str) -> float:
    return 1.0 if east_asian_width(sign) in "WF" else _AVERAGE
