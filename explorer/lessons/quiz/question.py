"""What a question is, and how a draft of one becomes a question with options."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal

from explorer.architecture import NetworkSpec, Op

Theme = Literal[
    "shapes",
    "parameters",
    "MACs",
    "shortcuts",
    "receptive field",
    "depth",
    "batch norm",
    "changes",
]
Answer = int | str
OPTIONS: Final = 4
LARGEST_TYPED: Final = 99_999
"""Longer numbers are offered as options: typing them would test the calculator."""


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

    text: str
    mistake: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Without `options` it asks for a whole number, `right`.

    `mistakes` are the known wrong answers, as text, also those that are not among the options.
    """

    kind: str
    theme: Theme
    network: Network
    text: str
    right: str
    options: tuple[Option, ...]
    mistakes: dict[str, str]
    explanation: str
    page: str
    state: dict[str, str]
    hides_name: bool = False

    @property
    def typed(self) -> bool:
        """Whether the answer is a number to be typed."""
        return not self.options

    def is_right(self, given: str) -> bool:
        """Whether this answer, the text of an option or `as_text` of a number, is right."""
        return given == self.right

    def mistake_of(self, given: str) -> str:
        """What one did who gave this wrong answer; empty where it is not a usual mistake."""
        return self.mistakes.get(given, "")


def finish(draft: Draft, kind: str, theme: Theme, network: Network, rng: Random) -> Question | None:
    """Choose the form and the options of a draft.

    None where fewer than two wrong answers are left, which makes no question.
    """
    right = as_text(draft.right)
    mistakes: dict[str, str] = {}
    for value, why in draft.mistakes:
        text = as_text(value)
        if text != right and not (isinstance(value, int) and value < 0):
            mistakes.setdefault(text, why)
    if len(mistakes) < 2:
        return None
    typed = (
        isinstance(draft.right, int)
        and draft.right <= LARGEST_TYPED
        and (rng.random() < 0.35 or len(mistakes) < OPTIONS - 1)
    )
    options: list[Option] = []
    if not typed:
        wrong = rng.sample(list(mistakes), min(OPTIONS - 1, len(mistakes)))
        options = [Option(right), *(Option(text, mistakes[text]) for text in wrong)]
        rng.shuffle(options)
    return Question(
        kind,
        theme,
        network,
        draft.text,
        right,
        tuple(options),
        mistakes,
        draft.explanation,
        draft.page,
        draft.state,
        draft.hides_name,
    )


def as_text(value: Answer) -> str:
    """An answer as it is shown and compared: numbers with thousands separators."""
    return f"{value:,}" if isinstance(value, int) else value


def read_number(typed: str) -> str:
    """A typed number in the form of `as_text`; commas, blanks and underscores may group digits.

    Raises:
        ValueError: it is not a whole number.
    """
    digits = "".join(sign for sign in typed if sign not in ", _'\u00a0\u202f")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 15:
        raise ValueError(f"{typed.strip()[:40]!r} is not a whole number; type digits, as in 69,632")
    return as_text(int(digits))


def formula(expression: str, value: int) -> str:
    """`3 × 3 × 64 × 64 = 36,864` as inline code; `expression` may use * for the product."""
    return f"`{expression.replace('*', ' × ').replace('  ', ' ')} = {value:,}`"


def added(numbers: Iterable[int]) -> str:
    """`64 + 128`, with thousands separators."""
    return " + ".join(f"{number:,}" for number in numbers)


def listed(numbers: Iterable[int]) -> str:
    """`3, 4, 6, 3`."""
    return ", ".join(map(str, numbers))


def described(op: Op) -> str:
    """A convolution in words, with all that its counts depend on."""
    groups = f", {op.groups} groups" if op.groups > 1 else ""
    bias = "with" if op.bias else "without"
    return (
        f"a {op.kernel}×{op.kernel} convolution from {op.in_shape[0]:,} to "
        f"{op.out_shape[0]:,} channels{groups}, stride {op.stride}, {bias} bias"
    )


def part_of_block(op: Op) -> str:
    """`conv1`, `downsample.0`: the op's path within its block."""
    return op.path.split(".", 2)[-1]
