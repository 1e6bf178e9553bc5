"""The bottleneck argument: three stacks of convolutions beside each other, counted twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import streamlit as st

from explorer.architecture.comparison import Comparison, Stack, compare
from explorer.ui.drawing import drawing
from explorer.ui.kept import KEPT
from explorer.views import bottleneck_picture
from explorer.words import glossary, section

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

CHANNELS: Final = (16, 32, 64, 128, 256, 512, 1024, 2048)
REDUCTIONS: Final = (1, 2, 4, 8, 16)
SIZES: Final = (7, 14, 28, 56, 112)


class Asked(NamedTuple):
    """The section's controls."""

    channels: int
    reduction: int
    size: int
    batch_norm: bool
    bias: bool


@st.fragment
def draw() -> None:
    """Show the section; torch is loaded last, when everything else can be read."""
    asked = _controls()
    pair = compare(asked.channels, asked.reduction, bias=asked.bias, batch_norm=asked.batch_norm)
    middle = asked.channels // asked.reduction
    saving, paper = f"{pair.saving:.2f}", f"{pair.paper_ratio:.3f}"
    cards = (
        (f"Two 3x3 at {asked.channels:,} channels", saving, "the tutorials' comparison"),
        (f"Bottleneck at {asked.channels:,} channels", "1", f"{middle:,} channels in its middle"),
        (f"Two 3x3 at {middle:,} channels", paper, "the paper's comparison"),
    )
    longest = bottleneck_picture.longest_side(pair.stacks)
    slots = []
    for index, (column, (title, ratio, remark), stack) in enumerate(
        zip(st.columns(3), cards, pair.stacks, strict=True)
    ):
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{title}**, {remark}")
            picture = bottleneck_picture.picture(stack, ratio, longest, asked.size)
            label = f"{title}: {stack.params:,} parameters, {ratio} times the bottleneck's"
            drawing(picture, key=f"params_stack_{index}", label=label)
            slots.append(st.empty())
    st.markdown(section("parameters", "bottleneck"))
    _texts(pair, asked)
    _count(pair, asked.size, slots)


def _controls() -> Asked:
    first, second, third, fourth = st.columns([3, 3, 3, 2], gap="medium")
    channels = first.select_slider(
        "Channels in and out",
        CHANNELS,
        256,
        key="params_channels",
        help=glossary("channels"),
        **KEPT,
    )
    reduction = second.select_slider(
        "Reduction r", REDUCTIONS, 4, key="params_reduction", help=glossary("reduction"), **KEPT
    )
    size = third.select_slider(
        "Height and width, pixels", SIZES, 56, key="params_size", help=glossary("MACs"), **KEPT
    )
    batch_norm = fourth.toggle("Batch norm", key="params_bn", help=glossary("batch_norm"), **KEPT)
    bias = fourth.toggle("Biases", key="params_bias", help=glossary("conv_bias"), **KEPT)
    return Asked(channels, reduction, size, batch_norm, bias)


def _texts(pair: Comparison, asked: Asked) -> None:
    weights = compare(asked.channels, asked.reduction)
    block = pair.bottleneck.params
    numbers = {
        "channels": f"{asked.channels:,}",
        "middle": f"{asked.channels // asked.reduction:,}",
        "reduction": asked.reduction,
        "saving": f"{pair.saving:.2f}",
        "paper_ratio": f"{pair.paper_ratio:.3f}",
        "weights_ratio": f"{weights.saving:.3f}",
        "weights_paper_ratio": f"{weights.paper_ratio:.3f}",
        "projection": f"{pair.projection:,}",
        "with_projection": f"{(block + pair.projection) / block:.2f}",
    }
    st.subheader("Two comparisons, told apart")
    st.markdown(section("parameters", "two comparisons", **numbers))
    left, right = st.columns(2, gap="medium")
    left.subheader("Why the channels cancel")
    left.markdown(section("parameters", "why the channels cancel", **numbers))
    right.subheader("A known slip")
    right.markdown(section("parameters", "a known slip"))
    right.subheader("Why shortcuts rarely project")
    right.markdown(section("parameters", "projections", **numbers))


def _count(pair: Comparison, size: int, slots: list[DeltaGenerator]) -> None:
    for slot in slots:
        slot.caption(section("parameters", "counting"))
    from explorer.networks.count import count

    for stack, slot in zip(pair.stacks, slots, strict=True):
        slot.caption(_verdict(stack, size, *count(stack, size)), help=_HOW)


def _verdict(stack: Stack, size: int, params: int, macs: int) -> str:
    equal = (params, macs) == (stack.params, stack.macs(size))
    name = "counted" if equal else "counted differently"
    return section("parameters", name, params=f"{params:,}", macs=f"{macs:,}")


_HOW: Final = section("parameters", "how torch counts")
