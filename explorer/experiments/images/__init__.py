"""Any file a visitor may upload -> an RGB picture, or one sentence on why not."""

from explorer.experiments.images.decode import DecodedPicture, PictureError, decode
from explorer.experiments.images.decoding import FORMATS, MAX_ASPECT, MAX_PIXELS
from explorer.experiments.images.outside import MAX_BYTES

__all__ = [
    "FORMATS",
    "MAX_ASPECT",
    "MAX_BYTES",
    "MAX_PIXELS",
    "DecodedPicture",
    "PictureError",
    "decode",
]
