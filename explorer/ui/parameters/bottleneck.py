"""The bottleneck argument: three stacks of convolutions beside each other, counted twice."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import streamlit as st

from explorer.architecture.comparison import Comparison, Stack, compare
from explorer.ui import controls, hiding
from explorer.ui.drawing import drawing
from explorer.ui.drawn_once import drawn_once
from explorer.views import bottleneck_picture
from explorer.words import glossary, label, section

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

CHANNELS: Final = (16, 32, 64, 128, 256, 512, 1024, 2048)
REDUCTIONS: Final = (1, 2, 4, 8, 16)
HIDE: Final = "params_hide"
SIZES: Final = (7, 14, 28, 56, 112)
_KEYS: Final = ("channels", "reduction", "size", "bn", "bias")


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
    asked = controls.drawn_again("params_asked", (), _controls, _held)
    if hiding.hidden(HIDE):
        _questions(asked)
    elif "torch" in sys.modules:
        _draw_once(asked)
    else:
        _draw(asked)


def _pair(asked: Asked) -> Comparison:
    return compare(asked.channels, asked.reduction, bias=asked.bias, batch_norm=asked.batch_norm)


def _cards(pair: Comparison, asked: Asked) -> tuple[tuple[str, str, str], ...]:
    """Name, title and ratio of each stack."""
    channels, middle = (f"{count:,}" for count in (asked.channels, _middle(asked)))
    titles = {"wide": channels, "bottleneck": channels, "narrow": middle}
    ratios = (f"{pair.saving:.2f}", "1", f"{pair.paper_ratio:.3f}")
    return tuple(
        (name, label(f"params_stack.{name}", channels=shown), ratio)
        for (name, shown), ratio in zip(titles.items(), ratios, strict=True)
    )


def _middle(asked: Asked) -> int:
    return asked.channels // asked.reduction


def _draw(asked: Asked) -> None:
    pair = _pair(asked)
    longest = bottleneck_picture.longest_side(pair.stacks)
    slots = []
    for column, (name, title, ratio), stack in zip(
        st.columns(3), _cards(pair, asked), pair.stacks, strict=True
    ):
        with column, st.container(border=True, height="stretch"):
            _title(name, title, asked)
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


_draw_once = drawn_once(_draw)


def _title(name: str, title: str, asked: Asked) -> None:
    middle = f"{_middle(asked):,}"
    st.markdown(section("parameters", f"stack, {name}", title=title, middle=middle))


def _questions(asked: Asked) -> None:
    """The layers of the stacks without their numbers, to calculate them first."""
    pair = _pair(asked)
    for column, (name, title, _), stack in zip(
        st.columns(3), _cards(pair, asked), pair.stacks, strict=True
    ):
        with column, st.container(border=True, height="stretch"):
            _title(name, title, asked)
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


def _held() -> Asked:
    return Asked(*controls.all_held(f"params_{name}" for name in _KEYS))


def _bound(key: str) -> dict[str, Any]:
    return {"key": key, **controls.BOUND}


def _texts(pair: Comparison, asked: Asked) -> None:
    weights = compare(asked.channels, asked.reduction)
    block = pair.bottleneck.params
    numbers = {
        "channels": f"{asked.channels:,}",
        "middle": f"{_middle(asked):,}",
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
    for slot in slots if "torch" not in sys.modules else ():
        slot.caption(section("parameters", "counting"))
    from explorer.networks.count import count

    how = section("parameters", "how torch counts")
    for stack, slot in zip(pair.stacks, slots, strict=True):
        slot.caption(_verdict(stack, size, *count(stack, size)), help=how)


def _verdict(stack: Stack, size: int, params: int, macs: int) -> str:
    equal = (params, macs) == (stack.params, stack.macs(size))
    name = "counted" if equal else "counted differently"
    return section("parameters", name, params=f"{params:,}", macs=f"{macs:,}")
