"""Published comparisons that answer one question each; errors in per cent, lower is better."""

from dataclasses import dataclass
from typing import Final

from explorer.architecture.published import PAPER, PREACT, Source


@dataclass(frozen=True, slots=True)
class Study:
    """A table of a paper: a row per choice, a column per network.

    `rows` maps a choice to its errors in the order of `columns`; None where the paper prints no
    number, or says that training failed.
    """

    id: str
    title: str
    metric: str
    source: Source
    where: str
    columns: tuple[str, ...]
    rows: dict[str, tuple[float | None, ...]]
    numeric: bool = False


PLAIN_OR_RESIDUAL: Final = Study(
    "plain",
    "Plain against residual",
    "top-1 error on ImageNet validation, 10 crops, %",
    PAPER,
    "Table 2; the residual networks use option A, so parameters are equal",
    ("18 layers", "34 layers"),
    {"plain": (27.94, 28.54), "residual": (27.88, 25.03)},
)
OPTIONS: Final = Study(
    "options",
    "Shortcut options A, B, C",
    "error of ResNet-34 on ImageNet validation, 10 crops, %",
    PAPER,
    "Table 3",
    ("top-1", "top-5"),
    {
        "A: zero padding": (25.03, 7.76),
        "B: project on change": (24.52, 7.46),
        "C: project always": (24.19, 7.40),
    },
)
BY_DEPTH: Final = Study(
    "depth",
    "Error by depth",
    "test error on CIFAR-10, %",
    PREACT,
    "post-activation: Table 6 of the 2015 paper (110: mean of five runs), and 164 and 1001 "
    "layers from Table 3 of the 2016 paper, bottlenecks; pre-activation: Table 3 of 2016",
    ("20", "32", "44", "56", "110", "164", "1001", "1202"),
    {
        "post-activation": (8.75, 7.51, 7.17, 6.97, 6.61, 5.93, 7.61, 7.93),
        "pre-activation": (None, None, None, None, 6.37, 5.46, 4.92, None),
    },
    numeric=True,
)
ORDERS: Final = Study(
    "orders",
    "Order of activation",
    "test error on CIFAR-10, %",
    PREACT,
    "Table 2",
    ("ResNet-110", "ResNet-164"),
    {
        "original": (6.61, 5.93),
        "BN after addition": (8.17, 6.50),
        "ReLU before addition": (7.84, 6.14),
        "ReLU-only pre-activation": (6.71, 5.91),
        "full pre-activation": (6.37, 5.46),
    },
)
SHORTCUTS: Final = Study(
    "shortcuts",
    "What lies on the shortcut",
    "test error of ResNet-110 on CIFAR-10, median of five runs, %",
    PREACT,
    "Table 1; no bar: above 20%, which the paper prints as 'fail'",
    ("ResNet-110",),
    {
        "nothing (identity)": (6.61,),
        "gate, bias -6": (6.91,),
        "exclusive gate, bias -6": (8.70,),
        "exclusive gate, bias -7": (9.81,),
        "1x1 convolution": (12.22,),
        "scaled by 0.5, F too": (12.35,),
        "gate, bias 0": (12.86,),
        "scaled by 0.5": (None,),
        "dropout 0.5": (None,),
        "nothing at all (plain)": (None,),
    },
)
STUDIES: Final = (PLAIN_OR_RESIDUAL, BY_DEPTH, OPTIONS, ORDERS, SHORTCUTS)
