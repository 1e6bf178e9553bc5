"""What is said of a composed block's experiments: real numbers, strides, dialects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from explorer.architecture.dialects import DIALECTS
from explorer.architecture.unit import UnitSpec, unit
from explorer.lessons.block_lab import in_and_out
from explorer.words import label, section

if TYPE_CHECKING:
    from explorer.experiments.block_lab import Passage
    from explorer.experiments.coverage import Coverage
    from explorer.experiments.identity import IdentityLayer


def what_runs(asked: UnitSpec, runs: UnitSpec, signed: bool) -> str:
    """Which block and which input the heat maps show."""
    block = section("block_lab", "runs")
    if runs != asked:
        block = section(
            "block_lab",
            "runs, smaller",
            before=runs.in_channels,
            after=runs.out_channels,
            size=runs.size,
        )
    low, high = (-0.5, 0.5) if signed else (0, 1)
    shown = "input, first four" if runs.in_channels > 4 else "input"
    given = section("block_lab", shown, low=low, high=high)
    return section("block_lab", "real numbers", block=block, input=given)


def what_happened(passage: Passage, weights: str) -> str:
    """What these weights do to this block, and what was measured."""
    results = {"random": _random, "zero": _zero, "dirac": _dirac, "ones": _ones}
    result = "" if passage.out is None else results[weights](passage)
    grouped = weights == "ones" and passage.spec.norm == "group"
    said = section("block_lab", "ones, group norm" if grouped else weights, result=result)
    return f"{said}\n\n{_measured(passage)}"


def _measured(passage: Passage) -> str:
    largest = _number(abs(passage.branch).max())
    if passage.largest_difference is None:
        return section("block_lab", "measured", largest=largest)
    same = "measured, equal" if passage.exact else "measured, different"
    difference = _number(passage.largest_difference)
    return section("block_lab", same, largest=largest, difference=difference)


def _number(value: float) -> str:
    """Four digits, or all of a large number's."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _random(passage: Passage) -> str:
    return section("block_lab", f"random, {unit(passage.spec).kind}")


def _zero(passage: Passage) -> str:
    kind = unit(passage.spec).kind
    if passage.exact:
        return section("block_lab", "zero, exact")
    if kind == "none":
        return section("block_lab", "zero, plain")
    if kind != "identity":
        return section("block_lab", "zero, projected")
    if passage.largest_difference is None:
        return section("block_lab", "zero, broadcast")
    return section("block_lab", "zero, rectified")


def _dirac(passage: Passage) -> str:
    kind = unit(passage.spec).kind
    if passage.largest_difference is None:
        return section("block_lab", "dirac, other")
    if passage.spec.norm == "group":
        return section("block_lab", "dirac, group norm")
    if passage.spec.se_ratio:
        return section("block_lab", "dirac, gate")
    channels, kept = passage.spec.out_channels, passage.spec.middle
    numbers = {"kept": kept, "channels": channels}
    if kind != "none":
        title = "dirac, few and residual" if kept < channels else "dirac, residual"
        return section("block_lab", title, **numbers)
    if kept < channels:
        return section("block_lab", "dirac, few", **numbers)
    if passage.x.min() < 0:
        return section("block_lab", "dirac, rectified")
    title = "dirac, plain" if passage.spec.norm == "batch" else "dirac, not normalised"
    return section("block_lab", title, difference=passage.largest_difference)


def _ones(passage: Passage) -> str:
    return section(
        "block_lab",
        "ones, equal" if passage.channels_equal else "ones, different",
        mean_in=_number(passage.x.mean()),
        mean_branch=_number(passage.branch.mean()),
    )


def one_layer(layers: Sequence[IdentityLayer]) -> str:
    """What the single layer is, before its table."""
    dirac = next(layer for layer in layers if layer.weights == "dirac")
    numbers = {"mean_in": dirac.mean_in, "dirac": dirac.nonzero, "weights": dirac.all_weights}
    return section("block_lab", "one layer", **numbers)


def coverage_words(maps: Sequence[Coverage]) -> str:
    """One paragraph per way to halve the size, with the measured shares."""
    v1, v15, pooled = maps
    return "\n\n".join(
        (
            section("block_lab", "coverage v1", share=f"{v1.share(v1.whole):.1%}"),
            section("block_lab", "coverage v1.5", shortcut=f"{v15.share(v15.shortcut):.1%}"),
            section("block_lab", "coverage D", shortcut=f"{pooled.share(pooled.shortcut):.0%}"),
        )
    )


def stride_costs(spec: UnitSpec, whole_v1: int, whole_v15: int) -> str:
    """MACs of both places of the stride, for the composed bottleneck or conv3_1 of ResNet-50."""
    both = [DIALECTS[name] for name in ("paper", "torchvision")]
    fits = spec.block == "bottleneck" and spec.stride == 2 and both[0].speaks(spec)
    shape = spec if fits else UnitSpec(56, 256, 512, stride=2, block="bottleneck")
    v1, v15 = (unit(dialect.unit(shape)).block.macs for dialect in both)
    half = (shape.size + 1) // 2
    block = in_and_out(shape)
    return section(
        "block_lab",
        "coverage cost",
        block=block if fits else label("unit_line.of_resnet50", shapes=block),
        v1=v1,
        v15=v15,
        more=f"{v15 / v1 - 1:+.1%}",
        averages=3 * shape.in_channels * half * half,
        whole_v1=whole_v1,
        whole_v15=whole_v15,
        whole_more=f"{whole_v15 / whole_v1 - 1:+.1%}",
    )


def dialect_checked(smaller: bool, difference: float, counted: int) -> str:
    """What running a dialect's own module showed."""
    title = "dialect checked, smaller" if smaller else "dialect checked"
    return section("block_lab", title, difference=difference, counted=counted)
