"""Interview questions: cards written in Markdown, their numbers filled in from blueprints.

A card is a `## Title`, lines of `key: value`, an empty line, and the longer why. Its keys are
level, ask (the question), short (the answer in short), see (a page and its state) and, where the
answer claims something that can be computed, proof (see explorer.experiments.proofs).
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from explorer.experiments.proofs.named import blueprint_named

Level = Literal["easy", "medium", "hard"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
_FOLDER: Final = Path(__file__).parent
_FILES: Final = (
    "degradation",
    "formulation",
    "shortcuts",
    "architecture",
    "variants",
    "bn_mechanics",
    "bn_practice",
)


@dataclass(frozen=True, slots=True)
class Card:
    """One question. `title` is its short name, unique; texts are Markdown, filled in.

    `proof` is empty where nothing in the answer can be computed. `see` is a relative address.
    """

    title: str
    theme: str
    level: Level
    ask: str
    short: str
    why: str
    proof: str
    see: str


@cache
def cards() -> tuple[Card, ...]:
    """All questions, theme by theme."""
    return tuple(card for name in _FILES for card in _read(name))


def themes() -> tuple[str, ...]:
    """The themes in the order of the cards."""
    return tuple(dict.fromkeys(card.theme for card in cards()))


def search(words: str) -> tuple[Card, ...]:
    """The cards in which every one of these words occurs, in any case; all without words."""
    wanted = words.casefold().split()
    return tuple(
        card
        for card in cards()
        if all(word in f"{card.title} {card.ask} {card.short} {card.why}".casefold()
               for word in wanted)
    )  # fmt: skip


class _Numbers(dict[str, Any]):
    """What a placeholder may name: a network, or its MACs in units of 10^9."""

    def __missing__(self, name: str) -> Any:
        if name.endswith("_gmacs"):
            return f"{blueprint_named(name.removesuffix('_gmacs')).macs / 1e9:.2f}"
        return blueprint_named(name)


def _read(name: str) -> list[Card]:
    source = (_FOLDER / f"{name}.md").read_text(encoding="utf-8")
    head, *parts = re.split(r"^## +(.+)$", source, flags=re.MULTILINE)
    theme = head.strip().removeprefix("# ")
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return [_card(theme, title.strip(), body) for title, body in pairs]


def _card(theme: str, title: str, body: str) -> Card:
    fields, _, why = body.strip().partition("\n\n")
    values = dict(line.split(": ", 1) for line in fields.splitlines())
    page, _, query = values["see"].partition("?")
    texts = (values["ask"], values["short"], why.strip())
    ask, short, longer = (text.format_map(_Numbers()) for text in texts)
    return Card(
        title,
        theme,
        cast("Level", values["level"]),
        ask,
        short,
        longer,
        values.get("proof", ""),
        f"{'' if page == 'home' else page}?{query}",
    )
