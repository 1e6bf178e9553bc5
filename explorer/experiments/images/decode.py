"""The door: an uploaded file in, a picture or a sentence out."""

from dataclasses import dataclass
from time import perf_counter

from PIL import Image

from explorer.experiments.images import helper
from explorer.experiments.images.outside import Refused, check
from explorer.words import WordedError, label, quoted, section


class PictureError(WordedError):
    """A file that cannot be shown; the message is one sentence for the visitor."""


@dataclass(frozen=True)
class DecodedPicture:
    """A decoded picture.

    `image` is RGB, upright, its shorter side reduced towards 1,024 pixels where the file's is
    larger. `size` is the file's own (width, height); `remarks` are what was done on the way, as
    headings of the words with their values; `seconds` is the time that decoding took, waiting
    for others' pictures included.
    """

    image: Image.Image
    format: str
    mode: str
    size: tuple[int, int]
    remarks: tuple[tuple[str, dict[str, float]], ...]
    seconds: float

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done on the way, in sentences of the reader's language."""
        return tuple(section("pictures", title, **values) for title, values in self.remarks)


def decode(data: bytes, name: str | None = None) -> DecodedPicture:
    """Decode an uploaded file, whatever it turns out to be, within bounds of memory and time.

    What can be seen from outside decides first, before any pixel is decoded; the decoding itself
    is done by a process beside the app, one picture at a time.

    Args:
        data: the file.
        name: its name, which the visitor chose.

    Raises:
        PictureError: too large, no picture, of an unreadable format, too slow, or damaged.
    """
    begun = perf_counter()
    try:
        check(data)
        image, found = helper.decode(data)
    except Refused as refused:
        named = label("pictures.the_file") if name is None else quoted(name)
        raise PictureError("pictures", refused.title, name=named, **refused.values) from None
    return DecodedPicture(
        image,
        found["format"],
        found["mode"],
        (found["size"][0], found["size"][1]),
        tuple((title, values) for title, values in found["remarks"]),
        perf_counter() - begun,
    )
