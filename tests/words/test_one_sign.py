"""What is read has one sign between factors and lengths, ×; an x stays in code and in names."""

import re

import pytest

from explorer.words.text import FOLDER

FILES = sorted(FOLDER.rglob("*.md"))
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
FACTORS = re.compile(r"[0-9\]](?:x| x |\\?\*)(?=[0-9])")
NOT_READ = re.compile(
    r"^#.*|^(?:see|proof):.*"  # ids
    r"|`[^`]*`|\]\([^)]*\)|https?://\S+"  # code and addresses
    r"|\b[0-9]+x[0-9]+d\b",  # ResNeXt-50 32x4d
    re.MULTILINE,
)


def letters(text: str) -> list[str]:
    return FACTORS.findall(PLACEHOLDER.sub("1", NOT_READ.sub(" ", text)))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_sentences_multiply_by_a_sign_and_not_by_a_letter(file):
    assert letters(file.read_text(encoding="utf-8")) == []


def test_a_letter_would_be_found():
    assert letters("3x3, {height} x {width}, {n}x{n:,}, 3\\*3 and 9*C") == ["3x", "1 x ",
        "1x", "3\\*"]  # fmt: skip
    assert letters("ResNeXt-50 32x4d, `7*7*3`, [here](?stride_on=1x1), x as it is\n## 3x3") == []
