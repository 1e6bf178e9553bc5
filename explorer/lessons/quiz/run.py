"""One person's way through a quiz: answers, time, score, and the table to take home."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from io import StringIO
from typing import Final, NamedTuple

from explorer.lessons.quiz.question import Network, Question, Theme
from explorer.words import label, section

COLUMNS: Final = (
    "number",
    "theme",
    "network",
    "question",
    "given",
    "right_answer",
    "right",
    "seconds",
    "mistake",
)


KEPT: Final = 20
"""Quizzes whose answers are kept."""
LONGEST: Final = 30
"""Questions of the longest quiz."""
LONGEST_ANSWER: Final = 80


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides a quiz. No `networks` means random ones."""

    seed: str
    length: int
    themes: tuple[Theme, ...] = ()
    networks: tuple[Network, ...] = ()

    @property
    def id(self) -> str:
        """The same for the same questions, whatever the networks are called on screen."""
        about = [(network.name, network.spec, network.image_size) for network in self.networks]
        told = repr((self.seed, self.length, self.themes, about))
        return f"q{sha256(told.encode()).hexdigest()[:16]}"


class Given(NamedTuple):
    """The id of an answer, and the seconds it took."""

    answer: str
    seconds: float


@dataclass
class Run:
    """A quiz that is being taken. Times are seconds of a clock that only goes forward."""

    settings: Settings
    questions: tuple[Question, ...]
    shown_at: float
    given: list[Given] = field(default_factory=list)
    reading: bool = False
    """The last answer is being explained; the next question waits."""

    @property
    def finished(self) -> bool:
        return len(self.given) == len(self.questions) and not self.reading

    @property
    def index(self) -> int:
        """Of the question on screen, from 0."""
        return len(self.given) - (1 if self.reading else 0)

    @property
    def question(self) -> Question:
        """The question on screen."""
        return self.questions[self.index]

    @property
    def score(self) -> int:
        """Right answers so far."""
        return sum(
            question.is_right(given.answer)
            for question, given in zip(self.questions, self.given, strict=False)
        )

    @property
    def seconds(self) -> float:
        """Spent on answering; reading an explanation does not count."""
        return sum(given.seconds for given in self.given)

    @property
    def mistakes(self) -> list[tuple[int, Question, Given]]:
        """Number, question and answer of everything that went wrong."""
        answered = zip(self.questions, self.given, strict=False)
        return [
            (number, question, given)
            for number, (question, given) in enumerate(answered, start=1)
            if not question.is_right(given.answer)
        ]

    def answer(self, index: int, given: str, now: float, explain: bool) -> None:
        """Take the answer to question `index`; one that was answered before stays as it is."""
        if self.reading or index != len(self.given):
            return
        self.given.append(Given(given, max(0.0, now - self.shown_at)))
        self.reading, self.shown_at = explain, now

    def go_on(self, now: float) -> None:
        """Leave the explanation."""
        self.reading, self.shown_at = False, now

    def take_up(self, given: Iterable[Given]) -> None:
        """Go on where somebody stopped; what is no answer to a question ends it."""
        self.given = []
        for question, answer in zip(self.questions, given, strict=False):
            if not question.could_be(answer.answer):
                break
            self.given.append(answer)

    def by_theme(self) -> dict[Theme, tuple[int, int]]:
        """Theme -> (right answers, questions), in the order of the quiz."""
        found: dict[Theme, tuple[int, int]] = {}
        for question, given in zip(self.questions, self.given, strict=False):
            right, asked = found.get(question.theme, (0, 0))
            found[question.theme] = (right + question.is_right(given.answer), asked + 1)
        return found

    def table(self) -> str:
        """Right answers and questions of each theme, as a table in Markdown."""
        rows = (
            f"| {theme_title(theme)} | {right} | {asked} |"
            for theme, (right, asked) in self.by_theme().items()
        )
        return section("quiz", "result table", rows="\n".join(rows))

    def csv(self) -> str:
        """One row per answered question, with a header."""
        table = StringIO()
        writer = csv.writer(table)
        writer.writerow([label(f"quiz_csv.{column}") for column in COLUMNS])
        answered = zip(self.questions, self.given, strict=False)
        for number, (question, given) in enumerate(answered, start=1):
            right = question.is_right(given.answer)
            writer.writerow(
                (
                    number,
                    theme_title(question.theme),
                    question.network.title,
                    question.text,
                    question.shown(given.answer),
                    question.shown(question.right),
                    label("quiz_csv.yes" if right else "quiz_csv.no"),
                    f"{given.seconds:.1f}",
                    "" if right else question.mistake_of(given.answer),
                )
            )
        return table.getvalue()


def possible(entries: Mapping[str, object]) -> dict[str, list[Given]]:
    """Those entries that are answers to a quiz, by its id; others may be anything.

    Which answers its questions can have is known when the quiz is made: Run.take_up asks.
    """
    found: dict[str, list[Given]] = {}
    for name, written in list(entries.items())[-KEPT:]:
        if isinstance(written, list) and 0 < len(written) <= LONGEST:
            given = [_given(entry) for entry in written]
            found |= {name: answers} if (answers := [g for g in given if g]) else {}
    return found


def _given(entry: object) -> Given | None:
    match entry:
        case [str(answer), int() | float() as seconds] if (
            len(answer) <= LONGEST_ANSWER and 0 <= seconds < 1e6
        ):
            return Given(answer, float(seconds))
    return None


def spoken(seconds: float) -> str:
    """`48 s`, `3 min 5 s`."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes:
        return label("time.minutes", minutes=minutes, seconds=rest)
    return label("time.seconds", seconds=rest)


def theme_title(theme: Theme) -> str:
    """What a theme is called."""
    return label(f"quiz_themes.{theme}")
