"""The words of the field: each with one explanation, where it is seen, and where it comes from.

The explanations are those of the help signs (glossary.md); where a term is seen and by what else it
is found is in glossary.toml, its source in glossary_sources.md.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from explorer.words import in_every_language, label, language, sections

THEMES: Final = ("network", "block", "counts", "batch_norm", "training", "app")


@dataclass(frozen=True, slots=True)
class Term:
    """One word. `id` is its heading in glossary.md, `title` what is on screen.

    `see` is a relative address; `source` is Markdown with links, empty where the word is nobody's
    or this app's own; `found_by` holds its names in all languages and in other texts.
    """

    id: str
    title: str
    text: str
    theme: str
    see: str
    source: str
    found_by: str

    def holds(self, words: str) -> bool:
        """Whether every one of these words occurs in it, in any case."""
        text = f"{self.id} {self.title} {self.text} {self.found_by}".casefold()
        return all(word in text for word in words.casefold().split())


def terms() -> tuple[Term, ...]:
    """All terms, in the order of their titles."""
    return _terms(language())


def search(words: str) -> tuple[Term, ...]:
    """The terms that hold all these words; those whose own names do come first."""
    wanted = words.casefold().split()
    found = [term for term in terms() if term.holds(words)]
    return tuple(
        sorted(
            found,
            key=lambda term: (
                not all(
                    word in f"{term.id} {term.title} {term.found_by}".casefold() for word in wanted
                )
            ),
        )
    )


@cache
def _terms(_language: str) -> tuple[Term, ...]:
    sources = sections("glossary_sources")
    return tuple(
        sorted(
            (
                Term(
                    name,
                    label(f"term.{name}"),
                    text,
                    places["theme"],
                    places["see"],
                    sources.get(name, ""),
                    " ".join((*in_every_language(f"term.{name}"), *places.get("also", ()))),
                )
                for name, text in sections("glossary").items()
                for places in (_places()[name],)
            ),
            key=lambda term: term.title.casefold(),
        )
    )


@cache
def _places() -> dict[str, dict[str, str]]:
    file = Path(__file__).with_name("glossary.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))
