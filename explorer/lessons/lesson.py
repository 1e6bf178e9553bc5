"""A lesson: stops on a tour through the app, each a page in a chosen state.

Entries of lesson.md (explorer.lessons.entries) with the keys title, minutes, see (the page and its
state), try (one thing to do there), and answer (what one finds; nothing else gives it away).
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from explorer.architecture import blueprint, preset
from explorer.architecture.comparison import bottleneck, two_3x3
from explorer.experiments.embedded import cards
from explorer.lessons.entries import read
from explorer.words import language, listed

_CHANNELS: Final = 256
"""At which two 3x3 are held against the bottleneck, here and on the page Parameters."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop. `id` is its name inside, `title` the one on screen.

    `see` is a relative address; `task` is the one thing to try there, `answer` what comes of it,
    empty where that is for each to say.
    """

    id: str
    title: str
    minutes: int
    see: str
    task: str
    text: str
    answer: str

    @property
    def page(self) -> str:
        """The path of the page to see; the first page's is empty."""
        return self.see.partition("?")[0]

    @property
    def query(self) -> str:
        """The state to see it in."""
        return self.see.partition("?")[2]


def stops() -> tuple[Stop, ...]:
    """All stops in order, their numbers filled in."""
    return _stops(language())


@cache
def _stops(_language: str) -> tuple[Stop, ...]:
    _, entries = read("lesson", _numbers())
    return tuple(
        Stop(
            name,
            values["title"],
            int(values["minutes"]),
            values["see"],
            values["try"],
            text,
            values.get("answer", ""),
        )
        for name, values, text in entries
    )


def minutes_before(number: int) -> int:
    """Minutes into the lesson at which stop `number`, counted from 0, begins."""
    return sum(stop.minutes for stop in stops()[:number])


def _numbers() -> dict[str, object]:
    numbers: dict[str, object] = {}
    for name in ("resnet34", "resnet50"):
        dashed = blueprint(preset(name)).dashed
        numbers[f"{name}_dashed"] = len(dashed)
        numbers[f"{name}_dashed_names"] = listed([block.title for block in dashed])
    wide, narrow = two_3x3(_CHANNELS).weights, bottleneck(_CHANNELS, reduction=4).weights
    return numbers | {
        "two_3x3": wide,
        "bottleneck": narrow,
        "ratio": f"{wide / narrow:.2f}",
        "resnet20_accuracy": cards()["resnet20"].test_accuracy,
    }
