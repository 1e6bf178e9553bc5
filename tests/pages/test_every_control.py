"""Every control of every page, found by opening what there is to open, with nonsense in its link.

The sidebar's are tried in test_fields_in_links.
"""

import random
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["", *sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "home")]
# fmt: off
KINDS = ("selectbox", "multiselect", "button_group", "select_slider", "toggle", "checkbox",
         "number_input", "text_input", "text_area", "slider", "radio")
NONSENSE = ["", " ", "None", "1e400", "-1e400", "nan", "-1", "0", "1.5", "9" * 5_000, "٣", "½",
            "𝟙²", "1_000", "0x10", "a\x00b", "`![x](//h/y)` **b** $c$", "<b>x</b>", "{}", "%s",
            "../../etc/passwd", "x" * 10_000, "layer99.0.conv1", "{0}", "\n", "\u202eabc"]
# fmt: on
DEEPEST = 2
"""Choices within choices: a page's section, and what is chosen in it."""
MOST_OPTIONS = 8
"""Of a choice whose options are opened one by one: sections and views, not lists of networks."""


def of_choices() -> dict[str, list[str]]:
    """Key of a control -> the ids that can be chosen."""
    file = ROOT / "explorer/words/en/labels.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return {
        key: [name for name in table if name not in ("label", "help", "placeholder")]
        for key, table in tables.items()
    }


CHOICES = of_choices()


def controls_of(app) -> set[str]:
    found = {widget.key for kind in KINDS for widget in app.main.get(kind) if widget.key}
    return {key for key in found if not key.startswith("$")}


def sections(open_app, page: str) -> Iterator[tuple[dict[str, str], set[str]]]:
    """A query, and the controls that are there with it and with no query before."""
    waiting: list[dict[str, str]] = [{}]
    known: set[str] = set()
    while waiting:
        query = waiting.pop(0)
        app = open_app(page, net="resnet20", **query)
        assert not app.exception, query
        new = controls_of(app) - known
        known |= new
        if new:
            yield query, new
        for key in sorted(new):
            options = CHOICES.get(key, [])
            if len(query) < DEEPEST and len(options) <= MOST_OPTIONS:
                waiting += [query | {key: option} for option in options]


@pytest.mark.parametrize("page", PAGES)
def test_nonsense_in_the_link_of_any_control(open_app, page: str) -> None:
    """All of a section at once, each with another nonsense; and all of them empty."""
    chance, tried = random.Random(page), set()
    for query, keys in sections(open_app, page):
        own = sorted(keys - set(query))
        for asked in (dict.fromkeys(own, ""), {key: chance.choice(NONSENSE) for key in own}):
            app = open_app(page, **{"net": "resnet20"} | asked | query)
            assert not app.exception, ([box.message for box in app.exception], asked, query)
        tried |= keys
    assert tried or page in ("", "lesson"), "there is something to choose on it"
