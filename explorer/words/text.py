"""Reads the texts and the labels, and fills them in."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Final
from urllib.parse import urlencode

from explorer.words.language import DEFAULT, LANGUAGES, language

FOLDER: Final = Path(__file__).parent


@cache
def _source(spoken: str, name: str) -> str:
    """A file's text; in English where the language does not have the file yet."""
    file = FOLDER / spoken / f"{name}.md"
    if not file.exists():
        file = FOLDER / DEFAULT / f"{name}.md"
    return file.read_text(encoding="utf-8").strip()


def source(name: str) -> str:
    """The whole Markdown of `words/LANGUAGE/NAME.md`, placeholders left open."""
    return _source(language(), name)


@cache
def _sections(spoken: str, name: str) -> dict[str, str]:
    parts = re.split(r"^## +(.+)$", _source(spoken, name), flags=re.MULTILINE)[1:]
    return {
        title.strip(): body.strip() for title, body in zip(parts[::2], parts[1::2], strict=True)
    }


def sections(name: str) -> dict[str, str]:
    """Heading -> text of every `## heading` in `NAME.md`, placeholders left open."""
    return _sections(language(), name)


def section(name: str, title: str, /, **numbers: Any) -> str:
    """The part of `NAME.md` below the heading `## title`, filled in.

    Raises:
        KeyError: no such section, or a placeholder has no value.
    """
    return sections(name)[title].format(**numbers)


def glossary(term: str) -> str:
    """Help on a term of the field: what it means, and a link to its place in the glossary.

    Raises:
        KeyError: the glossary does not have the term.
    """
    query = {"term": term} if language() == DEFAULT else {"term": term, "lang": language()}
    return section(
        "glossary_page",
        "help",
        text=sections("glossary")[term],
        more=label("glossary.more"),
        address=f"glossary?{urlencode(query)}",
    )


@cache
def _labels(spoken: str) -> dict[str, str | list[str]]:
    tables = tomllib.loads((FOLDER / DEFAULT / "labels.toml").read_text(encoding="utf-8"))
    own = FOLDER / spoken / "labels.toml"
    found: dict[str, str | list[str]] = {}
    for source in (tables, tomllib.loads(own.read_text(encoding="utf-8"))):
        for table, entries in source.items():
            found |= {f"{table}.{name}": text for name, text in entries.items()}
    return found


def label(name: str, /, **numbers: Any) -> str:
    """A short word or title by its id, `TABLE.ENTRY` of labels.toml, filled in.

    Raises:
        KeyError: no such label, or a placeholder has no value.
    """
    text = _labels(language())[name]
    if not isinstance(text, str):
        raise KeyError(f"{name} has a singular and a plural: ask count() for it")
    return text.format(**numbers) if "{" in text else text


def in_every_language(name: str) -> tuple[str, ...]:
    """A label as each language has it, for a search that finds by any of them."""
    found = (_labels(spoken)[name] for spoken in LANGUAGES)
    return tuple(text for text in found if isinstance(text, str))


def has_label(name: str) -> bool:
    """Whether labels.toml has this id."""
    return name in _labels(language())


def labels(table: str) -> dict[str, str]:
    """Entry -> text of one table of labels.toml, placeholders left open."""
    return dict(_table(table, language()))


@cache
def _table(table: str, spoken: str) -> dict[str, str]:
    start = f"{table}."
    return {
        name.removeprefix(start): text
        for name, text in _labels(spoken).items()
        if name.startswith(start) and isinstance(text, str)
    }


def count(number: int, noun: str, /, **more: Any) -> str:
    """A number with its noun: `count(1, "block")` is '1 block', `count(3, "block")` '3 blocks'.

    The forms are in the table [count] of labels.toml, the singular first; a language without
    a plural has one form.
    """
    forms = _labels(language())[f"count.{noun}"]
    form = forms if isinstance(forms, str) else forms[0 if number == 1 else -1]
    return form.format(n=number, **more)


def listed(items: Sequence[str], last: str = "and") -> str:
    """'a', 'a and b', or 'a, b and c', as the language lists them; `last` may be "or"."""
    if len(items) < 2:
        return "".join(items)
    comma = label("list.comma")
    return label(f"list.{last}", head=comma.join(items[:-1]), last=items[-1])


def placeholders(markdown: str) -> set[str]:
    """Names of the {placeholders} in a text."""
    return {field for _, field, _, _ in Formatter().parse(markdown) if field}
