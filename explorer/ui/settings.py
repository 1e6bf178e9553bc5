"""What the owner of the machine may set, as environment variables; read at each question.

The README lists them, with what each one means for a class.
"""

import os
from pathlib import Path
from typing import Final

JOBS: Final = "RESNET_EXPLORER_JOBS"


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


def jobs() -> str:
    """Where trainings run: "local", or a Dask scheduler as dask://host:port."""
    return os.environ.get(JOBS, "").strip() or "local"


def jobs_folder() -> Path | None:
    """The folder of runs that servers share; None for a private one that goes with the server."""
    said = os.environ.get("RESNET_EXPLORER_JOBS_FOLDER", "").strip()
    return Path(said).expanduser().absolute() if said else None


def jobs_bytes() -> int:
    """Bytes that finished runs may take in a shared folder; the oldest go first."""
    return _megabytes("RESNET_EXPLORER_JOBS_MB", 2_000)


def jobs_age() -> float:
    """Seconds for which a finished run stays in a shared folder."""
    text = os.environ.get("RESNET_EXPLORER_JOBS_DAYS", "").strip()
    usable = text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) > 0
    return (int(text) if usable else 30) * 86_400.0
