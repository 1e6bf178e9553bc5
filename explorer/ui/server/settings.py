"""What the owner of the machine may set, as environment variables; read at each question.

The README lists them, with what each one means for a class.
"""

import os


def _megabytes(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    return (int(text) if text.isdigit() else default) * 10**6


def upload_of_one() -> int:
    """Bytes that one visitor may keep uploaded at a time."""
    return _megabytes("RESNET_EXPLORER_UPLOADS_PER_VISITOR_MB", 300)


def upload_of_all() -> int:
    """Bytes that all visitors together may keep uploaded at a time."""
    return _megabytes("RESNET_EXPLORER_UPLOADS_MB", 1_500)


def metrics() -> bool:
    """Whether `/_stcore/metrics` answers: names of caches, number of visitors."""
    return os.environ.get("RESNET_EXPLORER_METRICS", "") == "yes"


def frame_ancestors() -> str:
    """Which sites may show the app in a frame, as Content-Security-Policy names them."""
    return os.environ.get("RESNET_EXPLORER_FRAME_ANCESTORS", "'self'")
