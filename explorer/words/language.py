"""Which language is spoken. It is asked each time, and kept nowhere here.

Many visitors share one process, so a module cannot hold the language; the part that knows who
is looking (explorer.ui) says once how to find out. Where nobody looks, as in a worker process or
in a script, English is spoken. Whatever is cached with words in it takes the language as a key.
"""

from collections.abc import Callable
from typing import Final

LANGUAGES: Final = {"en": "English", "zh": "中文"}
"""Id -> its own name."""
DEFAULT: Final = "en"

_asked: list[Callable[[], str]] = []


def ask(how: Callable[[], str] | None) -> None:
    """Say how to find out the language of whoever is looking now; None: the default."""
    _asked[:] = [how] if how else []


def language() -> str:
    """The id of the language to speak now."""
    found = _asked[0]() if _asked else DEFAULT
    return found if found in LANGUAGES else DEFAULT


def best(accepted: str) -> str:
    """The language that suits a browser best, by its Accept-Language (RFC 9110, 12.5.4).

    >>> best("zh-CN,zh;q=0.9,en;q=0.8"), best("fr"), best("")
    ('zh', 'en', 'en')
    """
    wanted: list[tuple[float, str]] = []
    for part in accepted.split(","):
        tag, _, parameters = part.partition(";")
        weight = parameters.strip().removeprefix("q=") or "1"
        try:
            wanted.append((-float(weight), tag.strip().split("-")[0].lower()))
        except ValueError:
            continue
    # Sorting is stable: of equal weights the first comes first.
    ordered = sorted(wanted, key=lambda pair: pair[0])
    return next((tag for weight, tag in ordered if tag in LANGUAGES and weight < 0), DEFAULT)
