"""What a look at a file's bytes tells before anything is decoded: quick, and in the app itself."""

from typing import Any, Final

MAX_BYTES: Final = 20_000_000
MAX_SCANS: Final = 100
"""Of a JPEG; encoders write about ten. Each may run over the whole picture, so a file of 20 MB
could take an hour (libjpeg-turbo's advice LJT-01-003 leaves the limit to the application)."""
MAX_PARTS: Final = 50_000
"""Chunks, segments or blocks; a GIF of thousands of frames has two for each."""
MAX_SUB_BLOCKS: Final = 200_000
"""Of a GIF: of at most 255 bytes each, 20 MB are some 80,000."""


class Refused(Exception):
    """A file that is not decoded, as a heading of pictures.md and its values."""

    def __init__(self, title: str, **values: Any) -> None:
        super().__init__(title, values)
        self.title, self.values = title, values


def check(data: bytes) -> None:
    """Refuse what is no picture but work: scans over scans, or millions of empty parts.

    Raises:
        Refused: empty, too large, or with more parts than any program writes.
    """
    if not data:
        raise Refused("empty")
    if len(data) > MAX_BYTES:
        raise Refused("too many bytes", megabytes=len(data) / 1e6, most=MAX_BYTES / 1e6)
    if data[:2] == b"\xff\xd8":
        _check_jpeg(data)
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        _check_png(data)
    elif data[:4] == b"GIF8":
        _check_gif(data)


def _count(parts: int, most: int = MAX_PARTS) -> None:
    if parts > most:
        raise Refused("too many parts", most=most)


def _check_jpeg(data: bytes) -> None:
    # Within the pixels' data 0xFF is always followed by a zero, so this is a marker, or two bytes
    # of metadata that happen to look like one.
    if (scans := data.count(b"\xff\xda")) > MAX_SCANS:
        raise Refused("too many scans", scans=scans, most=MAX_SCANS)
    place = parts = 0
    while place + 4 <= len(data) and data[place : place + 2] != b"\xff\xda":
        _count(parts := parts + 1)
        if data[place] != 0xFF or data[place + 1] in (0x00, 0x01, 0xFF, *range(0xD0, 0xDA)):
            place += 2 if data[place + 1] != 0xFF else 1
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")


def _check_png(data: bytes) -> None:
    place, parts = 8, 0
    while place < len(data):
        _count(parts := parts + 1)
        place += 12 + int.from_bytes(data[place : place + 4], "big")


def _check_gif(data: bytes) -> None:
    place, blocks, sub_blocks = 13 + _colours(data[10:11]), 0, 0
    while place < len(data) and data[place] != 0x3B:
        _count(blocks := blocks + 1)
        if data[place] == 0x2C:  # a frame: its place and size, its colours, the code size
            place += 11 + _colours(data[place + 9 : place + 10])
        elif data[place] == 0x21:
            place += 2
        else:
            place += 1
            continue
        while place < len(data) and data[place]:
            _count(sub_blocks := sub_blocks + 1, MAX_SUB_BLOCKS)
            place += 1 + data[place]
        place += 1


def _colours(flags: bytes) -> int:
    """Bytes of a GIF's table of colours."""
    return 3 * 2 ** ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0
