"""What the owner of the machine may set, as environment variables; read at each question.

The README lists them, with what each one means for a class.
"""

import os
import re
from pathlib import Path
from typing import Final

MEMORY: Final = "RESNET_EXPLORER_MEMORY_MB"
MACS: Final = "RESNET_EXPLORER_MAX_GMACS"
PLACES: Final = "RESNET_EXPLORER_PLACES"
OFFER_FOLDER: Final = "RESNET_EXPLORER_OFFER_FOLDER"
JOBS: Final = "RESNET_EXPLORER_JOBS"
_THREADS: Final = "RESNET_EXPLORER_THREADS"
_UPLOADS_OF_ONE: Final = "RESNET_EXPLORER_UPLOADS_PER_VISITOR_MB"
_UPLOADS: Final = "RESNET_EXPLORER_UPLOADS_MB"
_METRICS: Final = "RESNET_EXPLORER_METRICS"
_FRAMES: Final = "RESNET_EXPLORER_FRAME_ANCESTORS"
_JOBS_FOLDER: Final = "RESNET_EXPLORER_JOBS_FOLDER"
_JOBS_MB: Final = "RESNET_EXPLORER_JOBS_MB"
_JOBS_DAYS: Final = "RESNET_EXPLORER_JOBS_DAYS"

DEFAULTS: Final[dict[str, int | str | None]] = {
    MEMORY: None,
    MACS: 1_000,
    PLACES: 2,
    _THREADS: None,
    _UPLOADS_OF_ONE: 300,
    _UPLOADS: 1_500,
    OFFER_FOLDER: "off",
    _METRICS: "off",
    _FRAMES: "'self'",
    "RESNET_EXPLORER_CIFAR10": None,  # read by explorer.experiments.cifar10, in workers too
    JOBS: "local",
    _JOBS_FOLDER: None,
    _JOBS_MB: 2_000,
    _JOBS_DAYS: 30,
}
"""All of them, in the README's order; None where the default is no single value.

1,000 billion multiply-adds are some 15 seconds on two cores; the largest view of a named network,
all deletions of pre-activation ResNet-200, takes 887.
"""


def _text(name: str) -> str:
    return os.environ.get(name, "").strip()


def _said(name: str, least: int = 1) -> int | None:
    """A whole number of at least `least`; None where nothing or no such thing is said."""
    said = _text(name)
    usable = said.isascii() and said.isdigit() and len(said) < 10 and int(said) >= least
    return int(said) if usable else None


def _number(name: str, least: int = 1) -> int:
    said, default = _said(name, least), DEFAULTS[name]
    assert isinstance(default, int)
    return default if said is None else said


def _yes(name: str) -> bool:
    return _text(name).lower() in ("1", "yes", "true", "on")


def memory() -> int | None:
    """Bytes for what is kept between clicks; None where the owner does not say."""
    said = _said(MEMORY, least=0)
    return None if said is None else said * 10**6


def most_macs() -> int:
    """Multiply-accumulates that one piece of work may take."""
    return _number(MACS) * 10**9


def places() -> int:
    """Pieces of heavy work at a time."""
    return _number(PLACES)


def threads() -> int | None:
    """Of the processor, that one pass through a network may use; None where the owner does not
    say: torch takes as many as there are cores."""
    return _said(_THREADS)


def offers_folder() -> bool:
    """Whether the files of torch's cache folder are offered to visitors. Off by default: their
    names may be nobody else's business."""
    return _yes(OFFER_FOLDER)


def upload_of_one() -> int:
    """Bytes that one visitor may keep uploaded at a time."""
    return _number(_UPLOADS_OF_ONE, least=0) * 10**6


def upload_of_all() -> int:
    """Bytes that all visitors together may keep uploaded at a time."""
    return _number(_UPLOADS, least=0) * 10**6


def metrics() -> bool:
    """Whether `/_stcore/metrics` answers: names of caches, number of visitors."""
    return _yes(_METRICS)


def frame_ancestors() -> str:
    """Which sites may show the app in a frame, as Content-Security-Policy names them.

    Commas, pages in place of sites and `self` without its quotes are understood as they are meant;
    what no header can hold is left out.
    """
    found = []
    for said in re.split(r"[\s,;]+", _text(_FRAMES).replace('"', " ")):
        word = said.strip("'").lower()
        site = f"'{word}'" if word in ("self", "none") else re.sub(r"(://[^/]*)/.*", r"\1", said)
        if site and site.isascii() and site.isprintable():
            found.append(site)
    return " ".join(found) or str(DEFAULTS[_FRAMES])


def jobs() -> str:
    """Where trainings run: "local", or a Dask scheduler as dask://host:port."""
    return _text(JOBS) or str(DEFAULTS[JOBS])


def jobs_folder() -> Path | None:
    """The folder of runs that servers share; None for a private one that goes with the server."""
    said = _text(_JOBS_FOLDER)
    return Path(said).expanduser().absolute() if said else None


def jobs_bytes() -> int:
    """Bytes that finished runs may take in a shared folder; the oldest go first."""
    return _number(_JOBS_MB) * 10**6


def jobs_age() -> float:
    """Seconds for which a finished run stays in a shared folder."""
    return _number(_JOBS_DAYS) * 86_400.0
