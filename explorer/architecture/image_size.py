"""The size of an image: one number for square ones, else height and width, in pixels."""

ImageSize = int | tuple[int, int]


def sides(size: ImageSize) -> tuple[int, int]:
    """Height and width."""
    return (size, size) if isinstance(size, int) else size


def size_of(height: int, width: int) -> ImageSize:
    """One number where both are equal."""
    return height if height == width else (height, width)


def size_text(size: ImageSize) -> str:
    """Height x width, as papers write them: `224x224`, `256x128`."""
    return "x".join(map(str, sides(size)))


def short_text(size: ImageSize) -> str:
    """As it stands in an address and in a control: `224`, `256x128`."""
    return str(size) if isinstance(size, int) else size_text(size)
