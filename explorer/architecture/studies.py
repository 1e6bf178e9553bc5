"""Published comparisons that answer one question each; errors in per cent, lower is better."""

from dataclasses import dataclass
from typing import Final

from explorer.architecture.presets import PRESETS
from explorer.architecture.protocols import (
    CIFAR_PREACT,
    CIFAR_TEST,
    PAPER,
    PREACT,
    TEN_CROPS,
    Source,
)
from explorer.architecture.published import A18, A34, C34, Variant, figure_of
from explorer.words import count, has_label, label, section

Errors = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """A table of a paper: a row per choice, a column per network.

    `columns` are depths in layers, names of networks, or ids among the labels [study_column].
    `rows` maps the id of a choice ([study_row]) to its errors in the order of `columns`; None
    where the paper prints no number, or says that training failed. Where the columns are depths,
    `bottlenecks` are those of networks with bottlenecks; the others have basic blocks.
    """

    id: str
    source: Source
    columns: tuple[int | str, ...]
    rows: dict[str, Errors]
    numeric: bool = False
    bottlenecks: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        """What is compared, in a few words."""
        return label(f"why_study.{self.id}")

    @property
    def metric(self) -> str:
        """What the numbers are, for an axis."""
        return label(f"study_metric.{self.id}")

    @property
    def where(self) -> str:
        """Where in the source they stand, and what to know about them."""
        return section("studies", self.id)

    @property
    def choices(self) -> dict[str, Errors]:
        """The rows by what they are called on screen."""
        return {label(f"study_row.{choice}"): errors for choice, errors in self.rows.items()}

    @property
    def column_titles(self) -> tuple[str, ...]:
        """The columns as they are called on screen."""
        return tuple(map(_title_of, self.columns))


def _title_of(column: int | str) -> str:
    if isinstance(column, int):
        return count(column, "layer")
    return label(name) if has_label(name := f"study_column.{column}") else PRESETS[column].title


def _top1(protocol: str, *of: str | Variant) -> Errors:
    return tuple(figure_of(protocol, each).top1 for each in of)


def _both(of: str | Variant) -> Errors:
    figure = figure_of(TEN_CROPS, of)
    return figure.top1, figure.top5


_IDENTITY: Final = _top1(CIFAR_PREACT, "resnet110")
_POST_164: Final = 5.93
"""ResNet-164 with post-activation is no preset, so published.py does not list it."""
_POST_110: Final = figure_of(CIFAR_TEST, "resnet110", "table 6, mean").top1
_PRE: Final = _top1(CIFAR_PREACT, "preact_resnet110", "preact_resnet164", "preact_resnet1001")

PLAIN_OR_RESIDUAL: Final = Study(
    "plain",
    PAPER,
    (18, 34),
    {
        "plain": _top1(TEN_CROPS, "plain18", "plain34"),
        "residual": _top1(TEN_CROPS, A18, A34),
    },
)
OPTIONS: Final = Study(
    "options",
    PAPER,
    ("top1", "top5"),
    {"option_a": _both(A34), "option_b": _both("resnet34"), "option_c": _both(C34)},
)
BY_DEPTH: Final = Study(
    "depth",
    PREACT,
    (20, 32, 44, 56, 110, 164, 1001, 1202),
    {
        "post_activation": (
            *_top1(CIFAR_TEST, "resnet20", "resnet32", "resnet44", "resnet56"),
            *(_POST_110, _POST_164, 7.61),
            *_top1(CIFAR_TEST, "resnet1202"),
        ),
        "pre_activation": (None, None, None, None, *_PRE, None),
    },
    numeric=True,
    bottlenecks=(164, 1001),
)
ORDERS: Final = Study(
    "orders",
    PREACT,
    ("resnet110", "resnet164"),
    {
        "original": (*_IDENTITY, _POST_164),
        "norm_after_add": (8.17, 6.50),
        "relu_before_add": (7.84, 6.14),
        "relu_only": (6.71, 5.91),
        "full": _PRE[:2],
    },
)
SHORTCUTS: Final = Study(
    "shortcuts",
    PREACT,
    ("resnet110",),
    {
        "identity": _IDENTITY,
        "gate_6": (6.91,),
        "exclusive_gate_6": (8.70,),
        "exclusive_gate_7": (9.81,),
        "convolution": (12.22,),
        "scaled_both": (12.35,),
        "gate_0": (12.86,),
        "scaled": (None,),
        "dropout": (None,),
        "none": (None,),
    },
)
BRANCH: Final = Study(
    "branch",
    PREACT,
    ("original", "full"),
    {"one_layer": (9.90, 8.91), "two_layers": (*_IDENTITY, _PRE[0])},
)
STUDIES: Final = (PLAIN_OR_RESIDUAL, BY_DEPTH, OPTIONS, ORDERS, SHORTCUTS, BRANCH)
