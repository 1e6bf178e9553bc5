"""The bottleneck argument: three stacks of convolutions beside each other, counted twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import streamlit as st

from explorer.architecture.comparison import Comparison, Stack, compare
from explorer.ui import controls, hiding
from explorer.ui.drawing import drawing
from explorer.views import bottleneck_picture
from explorer.words import glossary, label, section

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamlit.delta_generator import DeltaGenerator

CHANNELS: Final = (16, 32, 64, 128, 256, 512, 1024, 2048)
REDUCTIONS: Final = (1, 2, 4, 8, 16)
HIDE: Final = "params_hide"
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
    middle = f"{asked.channels // asked.reduction:,}"
    saving, paper = f"{pair.saving:.2f}", f"{pair.paper_ratio:.3f}"
    cards = (
        ("wide", f"{asked.channels:,}", saving),
        ("bottleneck", f"{asked.channels:,}", "1"),
        ("narrow", middle, paper),
    )
    if hiding.hidden(HIDE):
        _questions(cards, pair, middle)
        return
    longest = bottleneck_picture.longest_side(pair.stacks)
    slots = []
    for column, (name, channels, ratio), stack in zip(
        st.columns(3), cards, pair.stacks, strict=True
    ):
        title = label(f"params_stack.{name}", channels=channels)
        with column, st.container(border=True, height="stretch"):
            st.markdown(section("parameters", f"stack, {name}", title=title, middle=middle))
            params = f"{stack.params:,}"
            drawing(
                bottleneck_picture.picture(stack, ratio, longest, asked.size),
                key=f"params_stack_{name}",
                label=section(
                    "parameters", "alt of a stack", title=title, params=params, ratio=ratio
                ),
            )
            slots.append(st.empty())
    st.markdown(section("parameters", "bottleneck"))
    _texts(pair, asked)
    _count(pair, asked.size, slots)


def _questions(cards: Iterable[tuple[str, str, str]], pair: Comparison, middle: str) -> None:
    """The layers of the stacks without their numbers, to calculate them first."""
    for column, (name, channels, _), stack in zip(st.columns(3), cards, pair.stacks, strict=True):
        title = label(f"params_stack.{name}", channels=channels)
        with column, st.container(border=True, height="stretch"):
            st.markdown(section("parameters", f"stack, {name}", title=title, middle=middle))
            layers = (bottleneck_picture.lines_of(layer)[0] for layer in stack.layers)
            st.markdown("\n".join(f"- {layer}" for layer in layers))
    hiding.offer_results(HIDE)


def _controls() -> Asked:
    with st.container(key="params_controls"):
        first, second, third = st.columns(3, gap="medium", vertical_alignment="bottom")
    sliders = (
        (first, "params_channels", CHANNELS, 256, "channels"),
        (second, "params_reduction", REDUCTIONS, 4, "reduction"),
        (third, "params_size", SIZES, 56, "MACs"),
    )
    channels, reduction, size = (
        column.select_slider(
            label(f"{key}.label"), values, usual, help=glossary(term), **_bound(key)
        )
        for column, key, values, usual, term in sliders
    )
    # Beside each other and not in columns, which would cut their words.
    with st.container(horizontal=True, gap="large"):
        batch_norm, bias = (
            st.toggle(label(f"{key}.label"), help=glossary(term), **_bound(key))
            for key, term in (("params_bn", "batch_norm"), ("params_bias", "conv_bias"))
        )
    return Asked(channels, reduction, size, batch_norm, bias)


def _bound(key: str) -> dict[str, Any]:
    return {"key": key, **controls.BOUND}


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
    st.header(label("parameters.comparisons"), anchor="two-comparisons-told-apart")
    st.markdown(section("parameters", "two comparisons", **numbers))
    left, right = st.columns(2, gap="medium")
    left.header(label("parameters.cancel"), anchor="why-the-channels-cancel")
    left.markdown(section("parameters", "why the channels cancel", **numbers))
    right.header(label("parameters.slip"), anchor="a-known-slip")
    right.markdown(section("parameters", "a known slip"))
    right.header(label("parameters.projections"), anchor="why-shortcuts-rarely-project")
    right.markdown(section("parameters", "projections", **numbers))


def _count(pair: Comparison, size: int, slots: list[DeltaGenerator]) -> None:
    for slot in slots:
        slot.caption(section("parameters", "counting"))
    from explorer.networks.count import count

    how = section("parameters", "how torch counts")
    for stack, slot in zip(pair.stacks, slots, strict=True):
        slot.caption(_verdict(stack, size, *count(stack, size)), help=how)


def _verdict(stack: Stack, size: int, params: int, macs: int) -> str:
    equal = (params, macs) == (stack.params, stack.macs(size))
    name = "counted" if equal else "counted differently"
    return section("parameters", name, params=f"{params:,}", macs=f"{macs:,}")
