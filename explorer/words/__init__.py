"""All that a reader reads, in every language, asked for by ids.

Texts are Markdown, `words/LANGUAGE/FILE.md`, a `## heading` above each; short words are in
`words/LANGUAGE/labels.toml`, a table for each control or subject. Headings and tables are ids:
the same in every language. Numbers are {placeholders}.

    >>> from explorer import words
    >>> words.label("unit_view.block"), words.count(3, "block"), words.listed(["F(x)", "x"])
    ('Block', '3 blocks', 'F(x) and x')
"""

from explorer.words.errors import Advised, FieldError, WordedError
from explorer.words.language import DEFAULT, LANGUAGES, ask, best, language
from explorer.words.quoting import quoted
from explorer.words.text import (
    count,
    glossary,
    has_label,
    in_every_language,
    label,
    labels,
    listed,
    placeholders,
    section,
    sections,
)
from explorer.words.width import width

__all__ = [
    "DEFAULT",
    "LANGUAGES",
    "Advised",
    "FieldError",
    "WordedError",
    "ask",
    "best",
    "count",
    "glossary",
    "has_label",
    "in_every_language",
    "label",
    "labels",
    "language",
    "listed",
    "placeholders",
    "quoted",
    "section",
    "sections",
    "width",
]
