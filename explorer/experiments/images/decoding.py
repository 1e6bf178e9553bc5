"""Decoding itself: how a file's pixels become RGB.

Runs in the helper process. Says what it finds by headings of words/LANGUAGE/pictures.md.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final, Literal

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError, features

from explorer.experiments.images.outside import Refused

MAX_PIXELS: Final = 50_000_000
MAX_JPEG_PIXELS: Final = 64_000_000
"""More than of the others: the decoder itself reduces, and telephones write 50.1 million."""
MAX_DECODED: Final = 160_000_000
"""Bytes of the decoded pixels, before they are reduced."""
MAX_ASPECT: Final = 8
FORMATS: Final = (
    "JPEG",
    "PNG",
    "WEBP",
    "GIF",
    "BMP",
    "TIFF",
    "PPM",
    *(["AVIF"] if features.check("avif") else []),
    *(["JPEG2000"] if features.check("jpg_2000") else []),
)
_ENOUGH: Final = 1_024
"""Pixels of the shorter side that are kept: four times what any network here looks at."""
_ROWS: Final = 64
"""Rows of the result that are converted at a time, so that no copy of the whole is needed."""
_MOST_BANDS: Final = 4
_MOST_ENTRIES: Final = 200
_SAMPLES_PER_PIXEL: Final = 277
"""The tag of a TIFF."""
_HEIC: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")

_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    AttributeError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What Pillow's readers raise on damaged files."""

Remarks = dict[str, dict[str, float]]


def decoded(data: bytes) -> tuple[Image.Image, dict[str, Any]]:
    """RGB, upright and reduced; and what is to be said of the file.

    The header alone decides whether the picture is small enough, before any pixel is decoded.

    Raises:
        Refused: too large, no picture, of an unreadable format, or damaged.
    """
    Image.MAX_IMAGE_PIXELS = MAX_JPEG_PIXELS
    try:
        image: Image.Image = Image.open(BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        title = _not_a_picture(data)
        bands = {"bands": _bands_of_tiff(data)} if title == "TIFF of many bands" else {}
        raise Refused(title, **bands) from None
    except Image.DecompressionBombError as error:
        pixels = int(re.findall(r"\d+", str(error))[0])
        raise Refused("too many pixels", **_millions(pixels, MAX_PIXELS)) from None
    except _BROKEN:
        raise Refused("damaged header") from None
    width, height = image.size
    found = {"format": image.format or "?", "mode": image.mode, "size": [width, height]}
    jpeg = image.format in ("JPEG", "MPO")
    _check_size(image.size, MAX_JPEG_PIXELS if jpeg else MAX_PIXELS)
    remarks: Remarks = {}
    try:
        if jpeg and min(image.size) >= 2 * _ENOUGH:
            # The decoder itself halves it: quicker, and less memory.
            image.draft(None, (_ENOUGH, _ENOUGH))
        _check_memory(image)
        _load_first_frame(image, remarks)
        rgb = _rgb(image, remarks)
        rgb = _upright(image, rgb, remarks)
    except (Image.DecompressionBombError, MemoryError):
        raise Refused("too much memory", most=MAX_DECODED / 1e6) from None
    except _BROKEN:
        raise Refused("damaged", width=width, height=height) from None
    return rgb, {**found, "remarks": list(remarks.items())}


def _not_a_picture(data: bytes) -> str:
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        return "HEIC"
    if data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis"):
        return "damaged header" if "AVIF" in FORMATS else "AVIF"
    if data[:12] == b"\0\0\0\x0cjP  \r\n\x87\n" or data[:4] == b"\xff\x4f\xff\x51":
        return "damaged header" if "JPEG2000" in FORMATS else "JPEG 2000"
    if data[:4] in (b"II*\0", b"MM\0*"):
        bands = _bands_of_tiff(data)
        return "TIFF of many bands" if bands > _MOST_BANDS else "TIFF of another kind"
    return "no picture"


def _bands_of_tiff(data: bytes) -> int:
    """Samples per pixel, as the first directory of a TIFF says; 0 where it does not."""
    order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"
    start = int.from_bytes(data[4:8], order)
    entries = min(int.from_bytes(data[start : start + 2], order), _MOST_ENTRIES)
    for index in range(entries):
        entry = data[start + 2 + 12 * index : start + 14 + 12 * index]
        if int.from_bytes(entry[:2], order) == _SAMPLES_PER_PIXEL:
            return int.from_bytes(entry[8:10], order)
    return 0


def _millions(pixels: int, most: int) -> dict[str, float]:
    return {"pixels": pixels / 1e6, "most": most / 1e6}


def _check_size(size: tuple[int, int], most: int) -> None:
    width, height = size
    if width * height > most:
        values = _millions(width * height, most)
        raise Refused("too many pixels, size", width=width, height=height, **values)


def _check_memory(image: Image.Image) -> None:
    """Pillow stores 1 byte for a pixel of grey or of a palette, 2 for 16 bits, 4 for the rest."""
    each = 1 if image.mode in ("1", "L", "P") else 2 if image.mode.startswith("I;16") else 4
    needed = image.size[0] * image.size[1] * each
    if needed > MAX_DECODED:
        raise Refused("too many decoded bytes", megabytes=needed / 1e6, most=MAX_DECODED / 1e6)


def _load_first_frame(image: Image.Image, remarks: Remarks) -> None:
    # MPO is what telephones write for one photograph with a preview beside it.
    if image.format != "MPO" and getattr(image, "is_animated", False):
        image.seek(0)
        remarks["first frame"] = {}
    image.load()


def _rgb(image: Image.Image, remarks: Remarks) -> Image.Image:
    """The middle of a strip, or the whole, as RGB, reduced; converted a few rows at a time."""
    left, top, right, bottom = _middle(image.size, remarks)
    factor = max(1, min(right - left, bottom - top) // _ENOUGH)
    if _is_deep(image):
        low, high = _range(image, remarks)
    elif image.mode == "CMYK":
        remarks["CMYK"] = {}
    size = (-((left - right) // factor), -((top - bottom) // factor))
    result = Image.new("RGB", size)
    if image.mode == "RGB" and size == image.size and "transparency" not in image.info:
        result.paste(image)  # as it is, at one stroke
        return result
    for row, rows in _bands(image, (left, top, right, bottom), _ROWS * factor):
        if _is_deep(image):
            rows = _eight_bits(rows, low, high)
        rows = _on_white(rows, remarks).convert("RGB")
        result.paste(rows.reduce(factor), (0, row // factor))
    return result


def _bands(
    image: Image.Image, box: tuple[int, int, int, int], rows: int
) -> Iterator[tuple[int, Image.Image]]:
    """(first row, counted from the box's top; its rows) from the top down."""
    left, top, right, bottom = box
    for start in range(top, bottom, rows):
        yield start - top, image.crop((left, start, right, min(bottom, start + rows)))


def _middle(size: tuple[int, int], remarks: Remarks) -> tuple[int, int, int, int]:
    """Resizing an extreme strip by its shorter side would make it enormous."""
    width, height = size
    longest = MAX_ASPECT * min(width, height)
    if max(width, height) <= longest:
        return 0, 0, width, height
    remarks["strip"] = {"aspect": MAX_ASPECT}
    left, top = max(0, (width - longest) // 2), max(0, (height - longest) // 2)
    return left, top, left + min(width, longest), top + min(height, longest)


def _is_deep(image: Image.Image) -> bool:
    """Whether its values are of 16 bits, 32 bits or floats."""
    return image.mode.startswith("I") or image.mode == "F"


def _values(rows: Image.Image) -> Any:
    values = np.asarray(rows).astype(np.float64)  # (rows, width)
    return np.nan_to_num(values, posinf=0.0, neginf=0.0)


def _range(image: Image.Image, remarks: Remarks) -> tuple[float, float]:
    """The values that become black and white."""
    whole = (0, 0, *image.size)
    low, high = np.inf, -np.inf
    for _, rows in _bands(image, whole, _ROWS):
        values = _values(rows)
        low, high = min(low, float(values.min())), max(high, float(values.max()))
    # Scanners and X-ray machines write 12 of the 16 bits.
    if image.mode != "F" and low >= 0 and 32_768 <= high <= 65_535:
        remarks["16 bits"] = {}
        return 0.0, 65_535.0
    remarks["stretched"] = {"low": low, "high": high}
    return low, high


def _eight_bits(rows: Image.Image, low: float, high: float) -> Image.Image:
    values = (_values(rows) - low) * (255 / (high - low) if high > low else 0.0)
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _on_white(rows: Image.Image, remarks: Remarks) -> Image.Image:
    if rows.mode not in ("RGBA", "LA", "PA", "La", "RGBa") and "transparency" not in rows.info:
        return rows
    layer = rows.convert("RGBA")
    if layer.getchannel("A").getextrema() == (255, 255):
        return layer
    remarks["on white"] = {}
    white = Image.new("RGBA", layer.size, "white")
    white.alpha_composite(layer)
    return white


def _upright(image: Image.Image, rgb: Image.Image, remarks: Remarks) -> Image.Image:
    """The reduced picture, turned as the file's EXIF asks."""
    try:
        exif = image.getexif()
        orientation = exif.get(0x0112, 1)
    except _BROKEN:  # the picture can be fine where its EXIF is not
        return rgb
    if orientation not in range(2, 9):
        return rgb
    remarks["turned"] = {}
    rgb.getexif()[0x0112] = orientation
    return ImageOps.exif_transpose(rgb)
