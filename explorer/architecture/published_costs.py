"""Sizes and costs as papers and libraries print them, beside which the exact counts can be held."""

from dataclasses import dataclass
from typing import Final, Literal

from explorer.architecture.protocols import PAPER, PREACT, TORCHVISION_META, Source
from explorer.words import section

Quantity = Literal["macs", "params"]
Reading = Literal["rounded", "truncated", "without_batch_norm"]


@dataclass(frozen=True, slots=True)
class PublishedCost:
    """A size or cost as a source prints it.

    Attributes:
        quantity: "macs" (papers on ResNets print them as FLOPs) or "params".
        value: the printed number; `step`: its last printed digit.
        reading: how the exact count becomes the printed one; in words, [reading] of the labels.
        remark: section of words/published.md with what one has to know beside the number.
    """

    preset: str
    quantity: Quantity
    value: float
    step: float
    reading: Reading
    source: Source
    remark: str = ""

    @property
    def note(self) -> str:
        """The remark, in words; empty where there is none."""
        return section("published", self.remark) if self.remark else ""


_Cost = tuple[str, float, float, Reading, str]


def _costs(quantity: Quantity, source: Source, *rows: _Cost) -> tuple[PublishedCost, ...]:
    return tuple(
        PublishedCost(name, quantity, value, step, reading, source, remark)
        for name, value, step, reading, remark in rows
    )


PUBLISHED_COSTS: Final[tuple[PublishedCost, ...]] = (
    *_costs(
        "macs",
        PAPER,
        ("resnet18", 1.8e9, 1e8, "rounded", ""),
        ("resnet34", 3.6e9, 1e8, "truncated", "truncated, option b"),
        ("resnet50_v1", 3.8e9, 1e8, "truncated", "truncated"),
        ("resnet101_v1", 7.6e9, 1e8, "rounded", ""),
        ("resnet152_v1", 11.3e9, 1e8, "rounded", ""),
    ),
    *_costs(
        "macs",
        TORCHVISION_META,
        *(
            (name, value, 1e6, "rounded", "")
            for name, value in (
                ("resnet18", 1.814e9),
                ("resnet34", 3.664e9),
                ("resnet50", 4.089e9),
                ("resnet101", 7.801e9),
                ("resnet152", 11.514e9),
                ("resnext50_32x4d", 4.230e9),
                ("resnext101_32x8d", 16.414e9),
                ("resnext101_64x4d", 15.460e9),
                ("wide_resnet50_2", 11.398e9),
                ("wide_resnet101_2", 22.753e9),
            )
        ),
    ),
    *_costs(
        "params",
        PAPER,
        ("resnet20", 0.27e6, 1e4, "rounded", ""),
        ("resnet32", 0.46e6, 1e4, "rounded", ""),
        ("resnet44", 0.66e6, 1e4, "rounded", ""),
        ("resnet56", 0.85e6, 1e4, "rounded", ""),
        ("resnet110", 1.7e6, 1e5, "rounded", ""),
        ("resnet1202", 19.4e6, 1e5, "rounded", ""),
    ),
    *_costs(
        "params",
        PREACT,
        ("preact_resnet164", 1.7e6, 1e5, "rounded", ""),
        ("preact_resnet1001", 10.2e6, 1e5, "without_batch_norm", "batch norm not counted"),
    ),
)
