"""What one position of a feature map can see, and does see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.ui.drawing import drawing
from explorer.ui.inference import cache
from explorer.ui.inference.cache import Scene
from explorer.ui.kept import held
from explorer.words import section

if TYPE_CHECKING:
    from torch import Tensor

_CELLS: Final = 1_024


def draw(scene: Scene) -> None:
    """One position of a feature map: what it can see, and what it does see."""
    from explorer.experiments.saliency import seen_region

    bp = scene.blueprint
    paths = [part.path for part in bp.parts[:-1]]
    wanted = st.selectbox("Block", ["last block", *paths], key="infer_field", bind="query-params")
    block = paths[-1] if wanted not in paths else wanted
    op = bp.block(block).ops[-1]
    _, height, width = op.out_shape
    st.write(section("inference", "receptive field", field=op.receptive_field))
    row, column = _position(height, width)
    left, right = st.columns(2)
    with left:
        clicked = _position_map(scene, block, row, column)
        if clicked and clicked != (row, column):
            st.session_state["infer_row"] = _per_cent(clicked[0], height)
            st.session_state["infer_column"] = _per_cent(clicked[1], width)
            st.rerun()
        st.slider("Down, %", 0, 100, 50, key="infer_row", bind="query-params")
        st.slider("Across, %", 0, 100, 50, key="infer_column", bind="query-params")
    with right:
        box = seen_region(op, row, column, bp.image_size)
        with st.spinner("Computing the gradient ..."):
            slope = cache.gradient(scene.key, block, row, column, scene)
        _seen(scene, slope, box)
    st.write(_seen_words(block, row, column, box, op.receptive_field, slope))


def _position(height: int, width: int) -> tuple[int, int]:
    down, across = (_share(held(key)) for key in ("infer_row", "infer_column"))
    return round(down / 100 * (height - 1)), round(across / 100 * (width - 1))


def _share(value: object) -> int:
    """Per cent as the slider holds it, or as a link says it; the middle for anything else."""
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 4 and int(text) <= 100 else 50


def _per_cent(index: int, size: int) -> int:
    return round(100 * index / max(1, size - 1))


def _position_map(scene: Scene, block: str, row: int, column: int) -> tuple[int, int] | None:
    from explorer.views.inference_pictures import position_map

    scaled = cache.features(scene.key, scene).scaled_mean(block).numpy()
    choosable = scaled.size <= _CELLS
    clicked = drawing(
        position_map(scaled, row, column, choosable),
        key="infer_positions",
        label=f"Mean output of {block}; choose a position",
        choosable=choosable,
        selected=f"{row},{column}",
    )
    if not choosable:
        st.caption("Too many positions to click; the sliders reach them.")
    if not clicked:
        return None
    first, second = clicked.split(",")
    return int(first), int(second)


def _seen(scene: Scene, slope: Tensor, box: tuple[int, int, int, int]) -> None:
    from explorer.views.inference_pictures import heat_over, region_over

    peak = float(slope.max())
    image = scene.prepared.cropped
    if peak > 0:
        image = heat_over(image, (slope / peak).sqrt().numpy())
    drawing(
        region_over(image, box),
        key="infer_region",
        label="The picture with the region that the position can see and its gradient",
    )


def _seen_words(
    block: str, row: int, column: int, box: tuple[int, int, int, int], field: int, slope: Tensor
) -> str:
    left, top, right, bottom = box
    words = (
        f"Row {row}, column {column} of **{block}** can see {field:,} x {field:,} pixels, of which "
        f"{right - left} x {bottom - top} lie in the picture."
    )
    total = float(slope.sum())
    if total <= 0:
        return f"{words} Every channel is silent here (ReLU wrote zeros), so no pixel moves it now."
    from explorer.experiments.saliency import half_of_gradient

    side = half_of_gradient(slope)
    return (
        f"{words} Half of its gradient comes from a square of {side} x {side} pixels. "
        "The heat is drawn by its square root, or little but the centre would show."
    )
