"""Any file a visitor may upload -> an RGB picture, or one sentence on why not."""

import re
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from time import perf_counter
from typing import Final

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES: Final = 20_000_000
MAX_PIXELS: Final = 50_000_000
MAX_ASPECT: Final = 8
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_READABLE: Final = "JPEG, PNG, WebP, GIF, BMP and TIFF"
_ENOUGH: Final = 1_024
"""Pixels of the shorter side that are kept: four times what any network here looks at."""

_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
)
"""What Pillow's readers raise on damaged files."""


class PictureError(ValueError):
    """A file that cannot be shown; the message is one sentence for the visitor."""


@dataclass(frozen=True)
class DecodedPicture:
    """A decoded picture.

    `image` is RGB, upright, its shorter side reduced towards 1,024 pixels where the file's is
    larger. `size` is the file's own (width, height); `notes` say in sentences what was done on
    the way; `seconds` is the time that decoding took.
    """

    image: Image.Image
    format: str
    mode: str
    size: tuple[int, int]
    notes: tuple[str, ...]
    seconds: float


def decode(data: bytes, name: str = "The file") -> DecodedPicture:
    """Decode an uploaded file, whatever it turns out to be.

    The header alone decides whether the picture is small enough, before any pixel is decoded.

    Raises:
        PictureError: too large, no picture, of an unreadable format, or damaged.
    """
    begun = perf_counter()
    _check_bytes(data, name)
    try:
        image: Image.Image = Image.open(BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise PictureError(_not_a_picture(data, name)) from None
    except Image.DecompressionBombError as error:
        pixels = int(re.findall(r"\d+", str(error))[0])
        raise PictureError(_too_many(name, pixels)) from None
    except _BROKEN:
        raise PictureError(f"{name} is damaged: its header cannot be read.") from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PictureError(_too_many(name, width * height, (width, height)))
    notes: list[str] = []
    found = (image.format or "?", image.mode)
    try:
        image = _first_frame(_drafted(image), notes)
        image = _rgb(_upright(image, notes), notes)
    except Image.DecompressionBombError:
        raise PictureError(_too_many(name, width * height, (width, height))) from None
    except _BROKEN:
        raise PictureError(
            f"{name} is damaged or cut short: its {width:,} x {height:,} pixels cannot be read."
        ) from None
    image = _middle_of_strip(image, notes)
    image = image.reduce(max(1, min(image.size) // _ENOUGH))
    return DecodedPicture(image, *found, (width, height), tuple(notes), perf_counter() - begun)


def _check_bytes(data: bytes, name: str) -> None:
    if not data:
        raise PictureError(f"{name} is empty.")
    if len(data) > MAX_BYTES:
        raise PictureError(
            f"{name} has {len(data) / 1e6:,.1f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read."
        )


def _not_a_picture(data: bytes, name: str) -> str:
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        return f"{name} is a HEIC or AVIF photograph; save it as JPEG or PNG first."
    return f"{name} is not a picture that can be read here, whatever its name; {_READABLE} can."


def _too_many(name: str, pixels: int, size: tuple[int, int] | None = None) -> str:
    shape = f" ({size[0]:,} x {size[1]:,})" if size else ""
    return (
        f"{name} has {pixels / 1e6:,.0f} million pixels{shape}; at most "
        f"{MAX_PIXELS / 1e6:.0f} million are decoded."
    )


def _drafted(image: Image.Image) -> Image.Image:
    """Let the JPEG decoder itself halve a large photograph: quicker, and less memory."""
    if image.format in ("JPEG", "MPO") and min(image.size) >= 2 * _ENOUGH:
        image.draft(None, (_ENOUGH, _ENOUGH))
    return image


def _first_frame(image: Image.Image, notes: list[str]) -> Image.Image:
    # MPO is what telephones write for one photograph with a preview beside it.
    if image.format != "MPO" and getattr(image, "is_animated", False):
        image.seek(0)
        notes.append("It has several frames or pages; the first one is shown.")
    image.load()
    return image


def _rgb(image: Image.Image, notes: list[str]) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image, notes)
    elif image.mode == "CMYK":
        notes.append("Converted from CMYK without a colour profile: colours may be off.")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        layer = image.convert("RGBA")
        if layer.getchannel("A").getextrema() != (255, 255):
            white = Image.new("RGBA", layer.size, "white")
            white.alpha_composite(layer)
            layer = white
            notes.append("Its transparent parts were put on white.")
        image = layer
    return image.convert("RGB")


def _eight_bits(image: Image.Image, notes: list[str]) -> Image.Image:
    values = np.asarray(image).astype(np.float64)
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if image.mode == "F" or low < 0 or high > 65_535:
        values = (values - low) * (255 / (high - low) if high > low else 0.0)
        notes.append(f"Its values from {low:.4g} to {high:.4g} were stretched to 0 to 255.")
    else:
        values = values / 257
        notes.append("Its 16 bits per channel were reduced to 8.")
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _upright(image: Image.Image, notes: list[str]) -> Image.Image:
    try:
        orientation = image.getexif().get(0x0112, 1)
    except _BROKEN:  # the picture can be fine where its EXIF is not
        return image
    if orientation not in range(2, 9):
        return image
    notes.append("Turned upright as its EXIF orientation asks.")
    return ImageOps.exif_transpose(image)


def _middle_of_strip(image: Image.Image, notes: list[str]) -> Image.Image:
    """Resizing an extreme strip by its shorter side would make it enormous."""
    width, height = image.size
    longest = MAX_ASPECT * min(width, height)
    if max(width, height) <= longest:
        return image
    notes.append(f"Of this strip only the middle is kept, {MAX_ASPECT} times as long as wide.")
    left, top = max(0, (width - longest) // 2), max(0, (height - longest) // 2)
    return image.crop((left, top, left + min(width, longest), top + min(height, longest)))
