"""The mechanism of the words: languages hold the same ids, and nothing is kept for a visitor."""

import pickle
from pathlib import Path

import pytest

from explorer import words
from explorer.words.text import FOLDER, _labels, _sections

OTHERS = sorted(set(words.LANGUAGES) - {words.DEFAULT})
TRANSLATED = [
    pytest.param(language, str(file.relative_to(FOLDER / language).with_suffix("")),
                 id=f"{language}-{file.stem}")
    for language in OTHERS
    for file in sorted((FOLDER / language).rglob("*.md"))
]  # fmt: skip


@pytest.fixture
def chinese():
    words.ask(lambda: "zh")
    yield
    words.ask(None)


@pytest.mark.parametrize(("language", "name"), TRANSLATED)
def test_a_translated_file_has_the_same_headings_and_placeholders(language, name):
    assert Path(FOLDER / words.DEFAULT / f"{name}.md").exists()
    own, english = _sections(language, name), _sections(words.DEFAULT, name)
    assert list(own) == list(english)
    for title, text in english.items():
        assert words.placeholders(own[title]) == words.placeholders(text), (name, title)


@pytest.mark.parametrize("language", OTHERS)
def test_a_translated_label_exists_in_english_with_the_same_placeholders(language):
    import tomllib

    english = _labels(words.DEFAULT)
    own = tomllib.loads((FOLDER / language / "labels.toml").read_text(encoding="utf-8"))
    for table, entries in own.items():
        for name, text in entries.items():
            origin = english[f"{table}.{name}"]
            forms = [origin] if isinstance(origin, str) else origin
            own_forms = [text] if isinstance(text, str) else text
            assert {frozenset(words.placeholders(form)) for form in own_forms} == {
                frozenset(words.placeholders(form)) for form in forms
            }, f"{table}.{name}"


def test_the_language_is_asked_each_time():
    spoken = "en"
    words.ask(lambda: spoken)
    try:
        assert words.listed(["a", "b", "c"]) == "a, b and c"
        spoken = "zh"
        assert words.listed(["a", "b", "c"]) == "a、b和c"
        spoken = "tlh"
        assert words.count(2, "block") == "2 blocks"
    finally:
        words.ask(None)
    assert words.language() == "en"


def test_counting_knows_one_and_many(chinese):
    assert words.count(1, "block") == "1 个块"
    words.ask(None)
    assert words.count(1, "block") == "1 block"
    assert words.count(1_202, "layer") == "1,202 layers"
    assert words.listed([]) == ""
    assert words.listed(["x"]) == "x"
    assert words.listed(["x", "y"], "or") == "x or y"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("fr-FR,fr;q=0.9", "en"),
        ("fr;q=0.9,zh;q=0.3,en;q=0.2", "zh"),
        ("zh;q=0", "en"),
        ("", "en"),
        ("zh;q=abc, ;;;=,\x00", "en"),
    ],
)
def test_the_browsers_language_is_followed(accepted, language):
    assert words.best(accepted) == language


def test_wide_signs_are_wide():
    assert words.width("残差块", 10) == 30
    assert words.width("block", 10) == pytest.approx(26.5)


def test_an_error_crosses_processes_and_is_worded_when_it_is_read():
    error = words.FieldError(
        "home", "published, other size", {"image_size": 32}, size="32x32", title="x"
    )
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is words.FieldError
    assert again.fields == {"image_size": 32}
    assert str(again) == str(error)
    assert "32x32" in str(again)


def test_a_label_that_counts_is_no_label():
    with pytest.raises(KeyError, match=r"count\(\)"):
        words.label("count.block")
    with pytest.raises(KeyError):
        words.label("list.nothing")
