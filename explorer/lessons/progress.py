"""What somebody knows already: grades by card, written to a file and read again."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal, get_args

from explorer.lessons.questions import cards, theme_title, themes
from explorer.words import WordedError, label, listed, section

Grade = Literal["knew_it", "nearly", "no"]
GRADES: Final[tuple[Grade, ...]] = get_args(Grade)
FORMAT: Final = "resnet-explorer-questions-2"
"""Cards and grades by their ids; format 1 had the English words for both."""
FORMATS: Final = ("ResNet Explorer, questions, 1", FORMAT)
_FORMER_GRADES: Final[Mapping[str, Grade]] = {"knew it": "knew_it"}
LARGEST: Final = 100_000
"""Bytes of a file with progress: all cards need less than a tenth of that."""


def to_json(grades: Mapping[str, Grade]) -> str:
    """The file's text. `grades` are by the cards' ids."""
    return json.dumps({"format": FORMAT, "grades": dict(grades)}, indent=1)


def from_json(
    data: bytes, ids: Iterable[str], former: Mapping[str, str]
) -> tuple[dict[str, Grade], int]:
    """Grades by the cards' ids, and how many entries name a card that does not exist.

    Args:
        data: the file.
        ids: of all cards.
        former: names that cards had in files of format 1 -> their ids.

    Raises:
        WordedError: the file is not one that `to_json` wrote.
    """
    if len(data) > LARGEST:
        raise WordedError("questions", "file too large", size=len(data), most=LARGEST)
    try:
        found = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise WordedError("questions", "file is not JSON") from None
    if not isinstance(found, dict) or found.get("format") not in FORMATS:
        raise WordedError("questions", "file holds no progress")
    written = found.get("grades")
    grades = named(written.items(), former) if isinstance(written, dict) else None
    if grades is None:
        names = listed([label(f"questions_grade.{grade}") for grade in GRADES], "or")
        raise WordedError("questions", "file is damaged", grades=names)
    known = set(ids)
    kept = {card: grade for card, grade in grades.items() if card in known}
    return kept, len(grades) - len(kept)


def named(
    written: Collection[tuple[object, object]], former: Mapping[str, str]
) -> dict[str, Grade] | None:
    """Cards and grades by their ids of now; None where something is no grade."""
    found: dict[str, Grade] = {}
    for card, said in written:
        grade = _grade(said)
        if grade is None or not isinstance(card, str):
            return None
        found[former.get(card, card)] = grade
    return found


def possible(entries: Mapping[str, object], ids: Iterable[str]) -> dict[str, Grade]:
    """Those entries that are a card's id with a grade; what a browser held may be anything."""
    found = {card: _grade(entries.get(card)) for card in ids}
    return {card: grade for card, grade in found.items() if grade is not None}


def table(grades: Mapping[str, Grade]) -> str:
    """How much is known of each theme, as a table in Markdown."""
    rows = []
    for theme in themes():
        given = [grades.get(card.id) for card in cards() if card.theme == theme]
        counts = [given.count(grade) for grade in (*GRADES, None)]
        rows.append(f"| {theme_title(theme)} | {' | '.join(map(str, counts))} |")
    return section("questions", "progress table", rows="\n".join(rows))


def _grade(said: object) -> Grade | None:
    if not isinstance(said, str):
        return None
    word = _FORMER_GRADES.get(said, said)
    return next((grade for grade in GRADES if grade == word), None)
