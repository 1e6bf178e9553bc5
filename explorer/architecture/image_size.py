"""The size of an image: one number for square ones, else height and width, in pixels."""

from typing import Final

TIMES: Final = "\N{MULTIPLICATION SIGN}"
"""Between lengths and factors in what is read; addresses, code and what one types have an x."""

ImageSize = int | tuple[int, int]


def sides(size: ImageSize) -> tuple[int, int]:
    """Height and width."""
    return (size, size) if isinstance(size, int) else size


def size_of(height: int, width: int) -> ImageSize:
    """One number where both are equal."""
    return height if height == width else (height, width)


def size_text(size: ImageSize) -> str:
    """Height and width as papers write them, with the sign of multiplication between them."""
    return TIMES.join(map(str, sides(size)))


def short_text(size: ImageSize) -> str:
    """As it stands in an address and in a control: `224`, `256x128`."""
    return str(size) if isinstance(size, int) else "x".join(map(str, size))
