"""What every block makes of the picture."""

from __future__ import annotations

from typing import Final

import streamlit as st

from explorer.ui.drawing import drawing
from explorer.ui.inference import cache
from explorer.ui.inference.cache import Scene
from explorer.ui.kept import held
from explorer.words import section

_FRAMES: Final = 64
_CHANNELS: Final = 64


def draw(scene: Scene) -> None:
    """A film strip of all blocks, and the channels of one of them."""
    paths = [part.path for part in scene.blueprint.parts[:-1]]
    shown = held("infer_block")
    if shown not in paths:
        shown = st.session_state["infer_block"] = paths[0]
    with st.spinner("Running every block ..."):
        maps = cache.features(scene.key, scene)
    st.write(section("inference", "feature maps"))
    if not maps.finite:
        st.caption("Empty frames: values there are inf or NaN, so the network has overflowed.")
    step = -(-len(paths) // _FRAMES)
    if step > 1:
        st.caption(f"{len(paths):,} blocks: every {step}th is shown; the list below has all.")
    clicked = drawing(
        _strip(scene.key, step, scene),
        key="infer_strip",
        label="Mean output of every block; choose one to see its channels",
        choosable=True,
        selected=shown,
        min_width=700,
    )
    if clicked in paths and clicked != shown:
        st.session_state["infer_block"] = clicked
        st.rerun()
    left, middle, right = st.columns([2, 2, 2])
    with left:
        block = st.selectbox("Block", paths, key="infer_block", bind="query-params")
    channels = maps.maps[block].shape[0]
    with middle:
        scale = st.segmented_control(
            "Colour scale",
            ("per channel", "common"),
            default="per channel",
            required=True,
            key="infer_scale",
            bind="query-params",
        )
    first = 0
    with right:
        if channels > _CHANNELS:
            starts = list(range(0, channels, _CHANNELS))
            first = st.selectbox(
                f"Of {channels:,} channels",
                starts,
                format_func=lambda start: f"{start} to {min(channels, start + _CHANNELS) - 1}",
            )
    _channels(scene, block, first, scale == "common")


@st.cache_data(max_entries=16, show_spinner=False)
def _strip(key: str, step: int, _scene: Scene) -> str:
    from explorer.views.inference_pictures import film_strip

    maps = cache.features(key, _scene)
    frames = []
    for part in _scene.blueprint.parts[:-1:step]:
        _, height, width = maps.maps[part.path].shape
        caption = f"{maps.maps[part.path].shape[0]} x {height} x {width}"
        frames.append((part.path, caption, maps.scaled_mean(part.path).numpy()))
    return film_strip(frames)


def _channels(scene: Scene, block: str, first: int, common: bool) -> None:
    from explorer.views.inference_pictures import scale_bar

    values = cache.features(scene.key, scene).maps[block]
    _, height, width = values.shape
    scale = (
        "One colour scale for the whole block: bright channels are the strong ones."
        if common
        else "Every tile has a colour scale of its own: compare patterns, not strengths."
    )
    words = section(
        "inference", "channels", path=f"**{block}**", height=height, width=width, scale=scale
    )
    st.write(words)
    if not bool(values.isfinite().all()):
        st.warning(
            "Some of this block's values are inf or NaN: the network overflowed before it.",
            icon=":material/error:",
        )
    drawing(
        _grid(scene.key, block, first, common, scene),
        key="infer_channels",
        label=f"Channels of {block}",
        min_width=600,
    )
    ends = (f"{float(values.min()):.3g}", f"{float(values.max()):.3g}")
    low, high = ends if common else ("each smallest", "each largest")
    drawing(scale_bar(low, high), key="infer_scale_bar", label=f"Colours from {low} to {high}")


@st.cache_data(max_entries=32, show_spinner=False)
def _grid(key: str, block: str, first: int, common: bool, _scene: Scene) -> str:
    from explorer.experiments.features import grid
    from explorer.views.inference_pictures import channel_grid

    values = cache.features(key, _scene).maps[block]
    tiles, _ = grid(values, first, _CHANNELS, common)
    names = [
        f"channel {first + index}: {float(channel.min()):.3g} to {float(channel.max()):.3g}"
        for index, channel in enumerate(values[first : first + _CHANNELS])
    ]
    return channel_grid(tiles.numpy(), names)
