"""Quiz: questions that a seed decides, one at a time, and what went wrong."""

from explorer.ui import frame, quiz, quiz_screen
from explorer.ui.body import body
from explorer.ui.picker import Choice
from explorer.words import label, section


def draw(choice: Choice) -> None:
    frame.title(label("quiz.title"))
    quiz_screen.show(quiz.run_of(quiz.settings(choice)))
    quiz.keep()
    frame.caption(section("quiz", "Introduction"))


body(draw)
