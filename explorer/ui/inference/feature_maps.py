"""What every block makes of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.architecture.image_size import TIMES
from explorer.ui import controls
from explorer.ui.budget import kept
from explorer.ui.drawing import drawing
from explorer.ui.inference import cache
from explorer.ui.inference.origin_state import open_at
from explorer.ui.inference.scene import Scene
from explorer.views.titles import called, part_title
from explorer.words import label, section

if TYPE_CHECKING:
    from torch import Tensor

_BLOCK: Final = "infer_block"
_FRAMES: Final = 64
_CHANNELS: Final = 64
_SHARP: Final = 256
"""Pixels of a map that are sent: about twice what a tile or frame shows."""


def draw(scene: Scene) -> None:
    """A film strip of all blocks, and the channels of one of them."""
    paths = [part.path for part in scene.blueprint.parts[:-1]]
    shown = controls.settled(_BLOCK, paths, paths[0])
    with st.spinner(section("inference", "running every block")):
        maps = cache.features(scene)
    st.write(section("inference", "feature maps"))
    if not maps.finite:
        st.caption(section("inference", "empty frames"))
    step = -(-len(paths) // _FRAMES)
    if step > 1:
        st.caption(section("inference", "some blocks", blocks=len(paths), step=step))
    clicked = drawing(
        _strip(scene, step),
        key="infer_strip",
        for_all=False,
        label=label("infer_strip.label"),
        choosable=True,
        selected=shown,
        min_width=700,
    )
    if clicked in paths and clicked != shown:
        controls.put(_BLOCK, clicked, paths[0])
        controls.again()
    left, middle, right = st.columns([2, 2, 2])
    with left:
        block: str = controls.choice(
            _BLOCK,
            paths,
            kind="select",
            shown=lambda path: called(scene.blueprint, path),
        )
    channels = maps.maps[block].shape[0]
    with middle:
        scale = controls.choice("infer_scale", ("per_channel", "common"))
    first = 0
    with right:
        if channels > _CHANNELS:
            first = st.selectbox(
                label("infer_first.label", channels=channels),
                list(range(0, channels, _CHANNELS)),
                format_func=lambda start: label(
                    "infer_first.range", first=start, last=min(channels, start + _CHANNELS) - 1
                ),
            )
    _channels(scene, block, first, scale == "common")


@kept(by=cache.BY_KEY, worded=True)
def _strip(scene: Scene, step: int) -> str:
    from explorer.views.inference_pictures import film_strip

    maps = cache.features(scene)
    frames = []
    for part in scene.blueprint.parts[:-1:step]:
        channels, height, width = maps.maps[part.path].shape
        mean = _as_seen(maps.scaled_mean(part.path)[None])[0]
        frames.append((part.path, f"{channels} {TIMES} {height} {TIMES} {width}", mean.numpy()))
    titles = {part.path: part_title(part.title) for part in scene.blueprint.parts}
    return film_strip(frames, titles=titles)


def _channels(scene: Scene, block: str, first: int, common: bool) -> None:
    from explorer.views.inference_pictures import scale_bar

    values = cache.features(scene).maps[block]
    _, height, width = values.shape
    words = "channels, common scale" if common else "channels, own scales"
    st.write(section("inference", words, path=block, height=height, width=width))
    if not bool(values.isfinite().all()):
        st.warning(section("inference", "block overflowed"), icon=":material/error:")
    drawing(
        _grid(scene, block, first, common),
        key="infer_channels",
        for_all=False,
        label=label("infer_channel_grid.label", block=block),
        choosable=True,
        min_width=600,
        on_choose=open_at,
    )
    ends = (f"{float(values.min()):.3g}", f"{float(values.max()):.3g}")
    each = (label("infer_scale.smallest"), label("infer_scale.largest"))
    low, high = ends if common else each
    bar = label("infer_scale.colours", low=low, high=high)
    drawing(scale_bar(low, high), key="infer_scale_bar", label=bar, for_all=False)


@kept(by=cache.BY_KEY, worded=True)
def _grid(scene: Scene, block: str, first: int, common: bool) -> str:
    from explorer.experiments.features import grid
    from explorer.views.inference_pictures import channel_grid

    values = cache.features(scene).maps[block]
    chosen = values[first : first + _CHANNELS]
    tiles, _ = grid(values, first, _CHANNELS, common)
    names = [
        label(
            "infer_channel_grid.channel",
            n=first + index,
            low=float(channel.min()),
            high=float(channel.max()),
        )
        for index, channel in enumerate(chosen)
    ]
    _, height, width = values.shape
    best = [divmod(int(channel.nan_to_num().argmax()), width) for channel in chosen]
    return channel_grid(
        _as_seen(tiles).numpy(),
        names,
        path=scene.blueprint.block(block).ops[-1].path,
        shape=(height, width),
        places=[(first + index, *at) for index, at in enumerate(best)],
    )


def _as_seen(maps: Tensor) -> Tensor:
    """Maps (..., H, W) at the size at which they are seen: means of squares where they are larger.

    64 maps of 1,024 x 1,024 would be 77 MB to send.
    """
    from torch.nn.functional import avg_pool2d

    step = -(-max(maps.shape[-2:]) // _SHARP)
    if step == 1:
        return maps
    flat = maps.reshape(-1, 1, *maps.shape[-2:])
    return avg_pool2d(flat, step, ceil_mode=True).reshape(
        *maps.shape[:-2], *(-(-side // step) for side in maps.shape[-2:])
    )
