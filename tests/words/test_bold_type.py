"""Bold type begins and ends where it is meant to: beside Chinese signs it is shown as asterisks.

CommonMark 0.31, 6.2: `**` after a sign of punctuation ends bold type only where white space or
another sign follows, which English has there and Chinese has not.
"""

import re
import unicodedata
from pathlib import Path

import pytest

WORDS = Path(__file__).parents[2] / "explorer" / "words"
FILES = sorted([*WORDS.glob("*/**/*.md"), *WORDS.glob("*/*.toml")])


def _is_sign(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def misplaced(text: str) -> list[str]:
    """Paragraphs of which some `**` is left over."""
    text = re.sub(r"`[^`\n]*`|\$[^$\n]*\$", "x", re.sub(r"(?ms)^```.*?^```", "", text))
    text = re.sub(r"\{[^{}\n]*\}", "x", text)  # a placeholder stands for a word or a number
    found = []
    for paragraph in re.split(r"\n\s*\n|\n(?=[-#|]|\w+ = )", text):
        is_open = False
        for place in re.finditer(r"(?<!\*)\*\*(?!\*)", paragraph):
            before = paragraph[place.start() - 1 : place.start()] or " "
            after = paragraph[place.end() : place.end() + 1] or " "
            may_end = not before.isspace() and (
                not _is_sign(before) or after.isspace() or _is_sign(after)
            )
            may_begin = not after.isspace() and (
                not _is_sign(after) or before.isspace() or _is_sign(before)
            )
            if not (may_end if is_open else may_begin):
                break
            is_open = not is_open
        else:
            if not is_open:
                continue
        found.append(paragraph.strip())
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(WORDS)))
def test_no_asterisks_are_shown(file):
    assert misplaced(file.read_text(encoding="utf-8")) == []


def test_the_rule_knows_both_sides():
    assert misplaced("**试一试：**选择") and misplaced("他说**“是”**吗") and misplaced("a ** b**")
    assert misplaced("**no end") == ["**no end"]
    assert not misplaced("**试一试**：选择") and not misplaced("**Try it:** choose")
