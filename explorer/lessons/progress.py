"""What somebody knows already: grades by card, written to a file and read again."""

import json
from collections.abc import Iterable, Mapping
from typing import Final, Literal, get_args

Grade = Literal["knew it", "nearly", "no"]
GRADES: Final[tuple[Grade, ...]] = get_args(Grade)
FORMAT: Final = "ResNet Explorer, questions, 1"
LARGEST: Final = 100_000
"""Bytes of a file with progress: all cards need less than a tenth of that."""


def to_json(grades: Mapping[str, Grade]) -> str:
    """The file's text."""
    return json.dumps({"format": FORMAT, "grades": dict(grades)}, indent=1, ensure_ascii=False)


def from_json(data: bytes, titles: Iterable[str]) -> tuple[dict[str, Grade], int]:
    """Grades by title, and how many entries name a card that does not exist.

    Raises:
        ValueError: the file is not one that `to_json` wrote.
    """
    if len(data) > LARGEST:
        raise ValueError(f"the file has {len(data):,} bytes; progress has at most {LARGEST:,}")
    try:
        found = json.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise ValueError("the file is not JSON; choose one that was saved on this page") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError("the file holds no progress; choose one that was saved on this page")
    grades = found.get("grades")
    if not isinstance(grades, dict) or not all(grade in GRADES for grade in grades.values()):
        raise ValueError(f"the file's grades are damaged; each must be one of {', '.join(GRADES)}")
    known = set(titles)
    kept = {title: grade for title, grade in grades.items() if title in known}
    return kept, len(grades) - len(kept)
