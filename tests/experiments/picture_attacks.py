"""Files that are small or allowed, and would cost a server minutes or gigabytes."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

SIZE = 19_000_000


def saved(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data) & 0xFFFFFFFF
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def png_with(filler: bytes) -> bytes:
    """A whole PNG of 32 x 32, `filler` repeated before its pixels."""
    whole = saved(Image.new("RGB", (32, 32)), "PNG")
    pixels = whole.index(b"IDAT") - 4
    return whole[:pixels] + filler * (SIZE // len(filler)) + whole[pixels:]


def jpeg_with(filler: bytes) -> bytes:
    """A whole JPEG of 32 x 32, `filler` repeated before its tables."""
    whole = saved(Image.new("RGB", (32, 32)), "JPEG")
    return whole[:2] + filler * (SIZE // len(filler)) + whole[2:]


def gif_with_comments() -> bytes:
    whole = saved(Image.new("P", (32, 32)), "GIF")
    comment = b"!\xfe\x01x\0"
    block = whole.index(b",", 13 + 3 * 2 ** ((whole[10] & 7) + 1))
    return whole[:block] + comment * (SIZE // len(comment)) + whole[block:]


def many_scans(times: int, side: int = 3_000) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    whole = saved(Image.new("RGB", (side, side), "teal"), "JPEG", progressive=True, quality=30)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * times + whole[-2:]


def sixteen_bits(side: int = 7_000) -> bytes:
    return saved(Image.fromarray(np.zeros((side, side), np.uint16)), "PNG", compress_level=1)


def floats(side: int) -> bytes:
    image = Image.fromarray(np.zeros((side, side), np.float32))
    return saved(image, "TIFF", compression="tiff_adobe_deflate")


def transparent(side: int) -> bytes:
    return saved(Image.new("RGBA", (side, side), (9, 9, 9, 99)), "PNG", compress_level=1)


def webp(side: int) -> bytes:
    return saved(Image.new("RGBA", (side, side)), "WEBP", lossless=True)


def telephone() -> Image.Image:
    """As large as a telephone's largest mode: 50.1 million pixels."""
    return Image.new("RGB", (8_160, 6_144), "teal")


ATTACKS = {
    "PNG texts": lambda: png_with(chunk(b"tEXt", b"a\0b")),
    "PNG long texts": lambda: png_with(chunk(b"tEXt", b"a\0" + b"b" * 10_000)),
    "PNG compressed texts": lambda: png_with(
        chunk(b"zTXt", b"a\0\0" + zlib.compress(b"b" * 99_999))
    ),
    "PNG empty chunks": lambda: png_with(chunk(b"teSt", b"")),
    "JPEG comments": lambda: jpeg_with(b"\xff\xfe\0\2"),
    "JPEG fill": lambda: jpeg_with(b"\xff"),
    "JPEG empty EXIF": lambda: jpeg_with(b"\xff\xe1\0\10Exif\0\0"),
    "GIF comments": gif_with_comments,
    "JPEG scans": lambda: many_scans(400),
    "JPEG scans under the limit": lambda: many_scans(88, 7_000),
    "JPEG scans as a TIFF says": lambda: b"II*\0" + many_scans(400)[4:],
    "PNG 16 bits": sixteen_bits,
    "TIFF floats": lambda: floats(4_500),
    "PNG transparent": lambda: transparent(4_500),
    "PNG transparent, too large": lambda: transparent(7_000),
    "WebP": lambda: webp(4_500),
    "JPEG of a telephone": lambda: saved(
        Image.new("RGB", (8_160, 6_144), "teal"), "JPEG", quality=30
    ),
    "JPEG of a telephone, progressive": lambda: saved(
        telephone(), "JPEG", progressive=True, subsampling=0
    ),
}
