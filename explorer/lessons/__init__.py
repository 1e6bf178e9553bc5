"""What one reads: Markdown with numbers filled in from the blueprint."""

import re
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

_FOLDER = Path(__file__).parent


@cache
def _source(name: str) -> str:
    return (_FOLDER / f"{name}.md").read_text(encoding="utf-8").strip()


def text(name: str, /, **numbers: Any) -> str:
    """The Markdown of `lessons/NAME.md` with its {placeholders} filled in.

    Raises:
        KeyError: a placeholder has no value.
    """
    return _source(name).format(**numbers)


def section(name: str, title: str, /, **numbers: Any) -> str:
    """The part of `lessons/NAME.md` below the heading `## title`, filled in.

    Raises:
        KeyError: no such section, or a placeholder has no value.
    """
    return sections(name)[title].format(**numbers)


@cache
def sections(name: str) -> dict[str, str]:
    """Heading -> text of every `## heading` in `lessons/NAME.md`, placeholders left open."""
    parts = re.split(r"^## +(.+)$", _source(name), flags=re.MULTILINE)[1:]
    return {
        title.strip(): body.strip() for title, body in zip(parts[::2], parts[1::2], strict=True)
    }


def glossary(term: str) -> str:
    """What a term of the field means, in a sentence or two.

    Raises:
        KeyError: the glossary does not have the term.
    """
    return sections("glossary")[term]


def placeholders(markdown: str) -> set[str]:
    """Names of the {placeholders} in a text."""
    return {field for _, field, _, _ in Formatter().parse(markdown) if field}
