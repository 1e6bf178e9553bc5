"""What is said of a composed block's experiments: real numbers, strides, dialects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from explorer.architecture.dialects import DIALECTS
from explorer.architecture.unit import UnitSpec, unit
from explorer.lessons.block_lab import in_and_out
from explorer.words import section

if TYPE_CHECKING:
    from explorer.experiments.bench import Array
    from explorer.experiments.block_lab import Passage
    from explorer.experiments.coverage import Coverage
    from explorer.experiments.identity import IdentityLayer


def what_runs(asked: UnitSpec, runs: UnitSpec, signed: bool) -> str:
    """Which block and which input the heat maps show."""
    smaller = ""
    if runs != asked:
        numbers = {"channels": f"{runs.in_channels} to {runs.out_channels}", "size": runs.size}
        smaller = section("block_lab", "smaller", **numbers)
    more = ", of which the first four are shown" if runs.in_channels > 4 else ""
    values = "from -0.5 to 0.5" if signed else "from 0 to 1"
    return section("block_lab", "real numbers", smaller=smaller, more=more, values=values)


def tensor_rows(passage: Passage) -> list[tuple[str, Array]]:
    """Name and values of every tensor there is, in the order of the forward pass."""
    kind = unit(passage.spec).kind
    source = "a" if passage.spec.activation_order == "pre" else "x"
    skip = {"projection": f"W {source}", "padding": f"padded {source}"}.get(kind)
    rows = [("x", passage.x), ("F(x)", passage.branch)]
    if skip and passage.shortcut is not None:
        rows.append((skip, passage.shortcut))
    if passage.total is not None:
        rows.append((f"F(x) + {skip or 'x'}", passage.total))
    if passage.out is not None and passage.spec.activation_order == "post":
        rows.append(("output", passage.out))
    return rows


def what_happened(passage: Passage, weights: str) -> str:
    """What these weights do to this block, and what was measured."""
    results = {"random": _random, "zero": _zero, "dirac": _dirac, "ones": _ones}
    result = "" if passage.out is None else results[weights](passage)
    said = section("block_lab", weights, result=result)
    return f"{said}\n\n{_measured(passage)}"


def _measured(passage: Passage) -> str:
    said = [f"largest value of F(x): **{_number(abs(passage.branch).max())}**"]
    if passage.largest_difference is not None:
        same = "**yes, bit for bit**" if passage.exact else "**no**"
        said.append(
            f"largest difference of output and x: **{_number(passage.largest_difference)}**"
        )
        said.append(f"output equals x: {same}")
    return f"Measured: {'; '.join(said)}."


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
    channels, kept = passage.spec.out_channels, passage.spec.middle
    few = ""
    if kept < channels:
        few = section("block_lab", "dirac, few", kept=kept, channels=channels) + " "
    if kind != "none":
        return few + section("block_lab", "dirac, residual")
    if few:
        return few
    if passage.x.min() < 0:
        return section("block_lab", "dirac, rectified")
    return section("block_lab", "dirac, plain", difference=passage.largest_difference)


def _ones(passage: Passage) -> str:
    return section(
        "block_lab",
        "ones, result",
        mean_in=_number(passage.x.mean()),
        mean_branch=_number(passage.branch.mean()),
        equal="yes" if passage.channels_equal else "no",
    )


def one_layer(layers: Sequence[IdentityLayer]) -> str:
    """What the single layer is, before its table."""
    dirac = next(layer for layer in layers if layer.weights == "dirac")
    numbers = {"mean_in": dirac.mean_in, "dirac": dirac.nonzero, "weights": dirac.all_weights}
    return section("block_lab", "one layer", **numbers)


def layer_rows(layers: Sequence[IdentityLayer]) -> list[dict[str, Any]]:
    """One row per filling of the single layer's weights."""
    names = {"zero": "all 0", "dirac": "Dirac kernels", "ones": "all 1"}
    said = {True: "exactly", False: "no"}
    return [
        {
            "weights": names[layer.weights],
            "not 0": f"{layer.nonzero:,} of {layer.all_weights:,}",
            "mean of W x": f"{layer.mean_out:.2f}"
            if layer.mean_out > 1
            else f"{layer.mean_out:.3f}",
            "ReLU(W x) is x": said[layer.plain_returns_x],
            "ReLU(W x + x) is x": said[layer.residual_returns_x],
        }
        for layer in layers
    ]


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
    fits = spec.block == "bottleneck" and spec.stride == 2
    shape = spec if fits else UnitSpec(56, 256, 512, stride=2, block="bottleneck")
    v1, v15 = (unit(DIALECTS[name].unit(shape)).block.macs for name in ("paper", "torchvision"))
    half = (shape.size + 1) // 2
    return section(
        "block_lab",
        "coverage cost",
        block=in_and_out(shape) + ("" if fits else ", conv3_1 of ResNet-50"),
        v1=v1,
        v15=v15,
        more=f"{v15 / v1 - 1:+.1%}",
        averages=3 * shape.in_channels * half * half,
        whole_v1=whole_v1,
        whole_v15=whole_v15,
        whole_more=f"{whole_v15 / whole_v1 - 1:+.1%}",
    )


def dialect_rows(spec: UnitSpec) -> list[dict[str, Any]]:
    """What each dialect decides, and what that costs for a block of this shape."""
    rows = []
    for dialect in DIALECTS.values():
        spoken = unit(dialect.unit(spec))
        stride = dialect.stride_on if spoken.spec.block == "bottleneck" else "first 3x3"
        projected = spoken.kind == "projection"
        norm = "yes" if dialect.norm_on_projection else "no"
        rows.append(
            {
                "dialect": dialect.title,
                "block": spoken.spec.block,
                "order": dialect.activation_order,
                "stride on": stride,
                "BN on projection": norm if projected else "no projection here",
                "biases": "yes" if dialect.conv_bias else "no",
                "parameters": spoken.block.params,
                "MACs": spoken.block.macs,
            }
        )
    return rows


def dialect_checked(smaller: bool, difference: float, counted: int) -> str:
    """What running a dialect's own module showed."""
    small = ", at a smaller size" if smaller else ""
    numbers = {"difference": difference, "small": small, "counted": counted}
    return section("block_lab", "dialect checked", **numbers)
