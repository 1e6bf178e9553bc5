"""Interview questions: cards written in Markdown, their numbers filled in from blueprints.

Each card is an entry (explorer.lessons.entries) with the keys title, level, ask (the question),
short (the answer in short) and, where there is one, see (a page and its state that shows it),
source (where it was published, with its address) and proof (explorer.experiments.proofs; only
where the answer claims something that can be computed). Its text is the longer why.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, cast, get_args

from explorer.lessons.entries import Entry, read
from explorer.words import language

Level = Literal["easy", "medium", "hard"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
_FILES: Final = (
    "degradation",
    "formulation",
    "shortcuts",
    "architecture",
    "variants",
    "bn_mechanics",
    "bn_practice",
    "relatives",
    "training",
    "transfer",
    "after",
    "whiteboard",
)


@dataclass(frozen=True, slots=True)
class Card:
    """One question. `id` is its name inside, `title` the short one on screen, both unique.

    `theme` is the id of its theme, the name of its file. Texts are Markdown, filled in.
    `proof` is empty where nothing in the answer can be computed. `see` is a relative address, empty
    where no page shows what is asked; `source` is Markdown with links, or empty.
    """

    id: str
    title: str
    theme: str
    level: Level
    ask: str
    short: str
    why: str
    proof: str
    see: str
    source: str


def cards() -> tuple[Card, ...]:
    """All questions, theme by theme."""
    return _cards(language())


@cache
def _cards(_language: str) -> tuple[Card, ...]:
    return tuple(card for name in _FILES for card in _read(name))


def themes() -> tuple[str, ...]:
    """The ids of the themes in the order of the cards."""
    return _FILES


def theme_title(theme: str) -> str:
    """What a theme is called: the heading of its file."""
    return _theme_titles(language())[theme]


@cache
def _theme_titles(_language: str) -> dict[str, str]:
    return {name: read(f"questions/{name}")[0] for name in _FILES}


def search(words: str) -> tuple[Card, ...]:
    """The cards in which every one of these words occurs, in any case; all without words."""
    wanted = words.casefold().split()
    return tuple(
        card
        for card in cards()
        if all(word in f"{card.title} {card.ask} {card.short} {card.why}".casefold()
               for word in wanted)
    )  # fmt: skip


def _read(name: str) -> list[Card]:
    _, entries = read(f"questions/{name}")
    return [_card(name, entry) for entry in entries]


def _card(theme: str, entry: Entry) -> Card:
    values = entry.values
    return Card(
        entry.id,
        values["title"],
        theme,
        cast("Level", values["level"]),
        values["ask"],
        values["short"],
        entry.text,
        values.get("proof", ""),
        values.get("see", ""),
        values.get("source", ""),
    )
