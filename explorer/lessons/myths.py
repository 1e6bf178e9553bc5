"""Statements one reads everywhere, each with a verdict and what decides it.

Entries of myths.md and myths_tutorials.md (explorer.lessons.entries) with the keys title, says (the
statement), verdict, fact (what is correct), origin (where the statement comes from), and where
there is one, see (what shows it), source (where it was published, with its address) and proof.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, cast, get_args

from explorer.lessons.entries import read
from explorer.words import language

Verdict = Literal["right", "imprecise", "wrong"]
VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)
_FILES: Final = ("myths", "myths_tutorials")


@dataclass(frozen=True, slots=True)
class Myth:
    """One statement. `id` is its name inside, `title` the short one on screen, both unique.

    `proof`, `see` and `source` may be empty.
    """

    id: str
    title: str
    says: str
    verdict: Verdict
    fact: str
    origin: str
    why: str
    proof: str
    see: str
    source: str


def myths() -> tuple[Myth, ...]:
    """All statements."""
    return _myths(language())


def possible(entries: Mapping[str, object]) -> dict[str, Verdict]:
    """Those entries that are a statement's id with a verdict; others may be anything."""
    return {
        myth.id: verdict
        for myth in myths()
        for verdict in VERDICTS
        if entries.get(myth.id) == verdict
    }


@cache
def _myths(_language: str) -> tuple[Myth, ...]:
    entries = [entry for name in _FILES for entry in read(name)[1]]
    return tuple(
        Myth(
            name,
            values["title"],
            values["says"],
            cast("Verdict", values["verdict"]),
            values["fact"],
            values["origin"],
            text,
            values.get("proof", ""),
            values.get("see", ""),
            values.get("source", ""),
        )
        for name, values, text in entries
    )
