"""Myths: statements one reads everywhere, to judge before one sees what decides them."""

from explorer.lessons.myths import myths as statements
from explorer.ui import frame, myths
from explorer.ui.body import body
from explorer.ui.picker import Choice
from explorer.words import label, section


def draw(_: Choice) -> None:
    frame.title(label("myths.title"))
    frame.lead(section("myths_page", "Introduction", count=len(statements())), "myths")
    myths.show(myths.choose())
    myths.score()
    myths.keep()


body(draw)
