"""What a question is, and how a draft of one becomes a question with options."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal, NamedTuple

from explorer.architecture import NetworkSpec, Op
from explorer.words import WordedError, label, section

Theme = Literal[
    "shapes",
    "parameters",
    "macs",
    "shortcuts",
    "receptive_field",
    "depth",
    "batch_norm",
    "changes",
    "concepts",
]


class Worded(NamedTuple):
    """An answer in words: its id, the same in every language, and what is read."""

    id: str
    text: str


Answer = int | str | Worded
"""A number, a shape or a name, which read the same in every language, or words."""
OPTIONS: Final = 4
LARGEST_TYPED: Final = 9_999
"""Longer numbers are offered as options: typing them would test the calculator."""
_LARGEST_DRAWN: Final = 99_999
"""It was this once. A number is drawn for those between as well: seeds go on as they did."""


COUNTS: Final = ("parameters", {"params_view": "network"})
"""Page and state in which a network's parameters and MACs are counted."""
REAL_LAYER: Final = {"bn_section": "layer"}
"""State of the page Batch norm in which a layer of the network is seen at work."""


def bottleneck_at(channels: int) -> tuple[str, dict[str, str]]:
    """Page and state in which two 3×3 and a bottleneck are compared at so many channels."""
    return "parameters", {"params_view": "bottleneck", "params_channels": str(channels)}


@dataclass(frozen=True, slots=True)
class Network:
    """A network to ask about, at one image size in pixels. `name` is the preset it started as."""

    name: str
    title: str
    spec: NetworkSpec
    image_size: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A question before its form is decided.

    Attributes:
        text: the question, in Markdown.
        right: the answer; whole numbers may also be asked without options.
        mistakes: wrong answers and what one did to arrive there. Those that equal the right
            answer or each other are dropped later, so kinds need not look.
        explanation: Markdown that ends with the right answer; for numbers, with a formula
            `... = answer` that can be evaluated.
        page, state: where in the app the answer can be seen; the first page has no name.
        hides_name: the network's name would give the answer away.
    """

    text: str
    right: Answer
    mistakes: tuple[tuple[Answer, str], ...]
    explanation: str
    page: str
    state: dict[str, str] = field(default_factory=dict)
    hides_name: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """An answer on offer; `mistake` says how one arrives at it and is empty for the right one."""

    id: str
    text: str
    mistake: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Without `options` it asks for a whole number, `right`.

    Answers are told apart by their ids, so that what was answered stays so in another language.

    Attributes:
        right: id of the right answer.
        mistakes: id -> why, of the known wrong answers, also those that are not among the options.
        texts: id -> what is read, of all answers.
    """

    kind: str
    theme: Theme
    network: Network
    text: str
    right: str
    options: tuple[Option, ...]
    mistakes: dict[str, str]
    texts: dict[str, str]
    explanation: str
    page: str
    state: dict[str, str]
    hides_name: bool = False

    @property
    def typed(self) -> bool:
        """Whether the answer is a number to be typed."""
        return not self.options

    def is_right(self, given: str) -> bool:
        """Whether this answer, the id of an option or `as_text` of a number, is right."""
        return given == self.right

    def could_be(self, given: str) -> bool:
        """Whether somebody can have given this answer: one on offer, or a number."""
        if self.typed:
            return given.replace(",", "").isdecimal() and given.isascii()
        return any(option.id == given for option in self.options)

    def shown(self, given: str) -> str:
        """How an answer reads; a typed number reads as its id."""
        return self.texts.get(given, given)

    def mistake_of(self, given: str) -> str:
        """What one did who gave this wrong answer; empty where it is not a usual mistake."""
        return self.mistakes.get(given, "")


def finish(draft: Draft, kind: str, theme: Theme, network: Network, rng: Random) -> Question | None:
    """Choose the form and the options of a draft.

    None where fewer than two wrong answers are left, which makes no question.
    """
    right = id_of(draft.right)
    texts = {right: as_text(draft.right)}
    mistakes: dict[str, str] = {}
    for value, why in draft.mistakes:
        wrong = id_of(value)
        if wrong != right and not (isinstance(value, int) and value < 0):
            mistakes.setdefault(wrong, why)
            texts.setdefault(wrong, as_text(value))
    if len(mistakes) < 2:
        return None
    typed = (
        isinstance(draft.right, int)
        and draft.right <= _LARGEST_DRAWN
        and (rng.random() < 0.35 or len(mistakes) < OPTIONS - 1)
        and draft.right <= LARGEST_TYPED
    )
    options: list[Option] = []
    if not typed:
        offered = rng.sample(list(mistakes), min(OPTIONS - 1, len(mistakes)))
        options = [Option(name, texts[name], mistakes.get(name, "")) for name in (right, *offered)]
        rng.shuffle(options)
    return Question(
        kind,
        theme,
        network,
        draft.text,
        right,
        tuple(options),
        mistakes,
        texts,
        draft.explanation,
        draft.page,
        draft.state,
        draft.hides_name,
    )


def as_text(value: Answer) -> str:
    """An answer as it is shown: numbers with thousands separators."""
    if isinstance(value, Worded):
        return value.text
    return f"{value:,}" if isinstance(value, int) else value


def id_of(value: Answer) -> str:
    """An answer as it is kept and compared."""
    return value.id if isinstance(value, Worded) else as_text(value)


def read_number(typed: str) -> str:
    """A typed number in the form of `as_text`; commas, blanks and underscores may group digits.

    Raises:
        WordedError: it is not a whole number.
    """
    digits = "".join(sign for sign in typed if sign not in ", _'\u00a0\u202f")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 15:
        raise WordedError("quiz", "no whole number", typed=repr(typed.strip()[:40]))
    return as_text(int(digits))


def formula(expression: str, value: int) -> str:
    """`3 × 3 × 64 × 64 = 36,864` as inline code; `expression` may use * for the product."""
    return f"`{expression.replace('*', ' × ').replace('  ', ' ')} = {value:,}`"


def added(numbers: Iterable[int]) -> str:
    """`64 + 128`, with thousands separators."""
    return " + ".join(f"{number:,}" for number in numbers)


def in_a_row(items: Iterable[object]) -> str:
    """`3, 4, 6, 3`."""
    return label("list.comma").join(map(str, items))


def described(op: Op) -> str:
    """A convolution in words, with all that its counts depend on."""
    groups = ", groups" if op.groups > 1 else ""
    return section(
        "quiz",
        f"convolution{groups}, bias" if op.bias else f"convolution{groups}, no bias",
        kernel=op.kernel,
        c_in=op.in_shape[0],
        c_out=op.out_shape[0],
        groups=op.groups,
        stride=op.stride,
    )


def of_each(counted: Iterable[tuple[Op, int]]) -> str:
    """`conv1 36,864, bn1 128`: each op's name within its block, and its number."""
    return in_a_row(f"{op.path.split('.', 2)[-1]} {number:,}" for op, number in counted)
