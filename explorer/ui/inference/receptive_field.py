"""What one position of a feature map can see, and does see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.ui import controls
from explorer.ui.drawing import drawing
from explorer.ui.inference import cache
from explorer.ui.inference.answer import overflow
from explorer.ui.inference.scene import Scene
from explorer.views.titles import called
from explorer.words import label, section

if TYPE_CHECKING:
    from torch import Tensor

_CELLS: Final = 1_024
_FITS, _LAST = "fits", "last"
"""The last block whose field lies within the picture, so that its frame can be seen; the last."""


def draw(scene: Scene) -> None:
    """One position of a feature map: what it can see, and what it does see."""
    from explorer.experiments.saliency import seen_region

    bp = scene.blueprint
    paths = [part.path for part in bp.parts[:-1]]
    fits = [path for path in paths if bp.block(path).ops[-1].receptive_field <= bp.in_shape[1]]
    named = {_FITS: (fits or paths)[-1], _LAST: paths[-1]}
    wanted = controls.choice(
        "infer_field",
        [*named, *paths],
        kind="select",
        shown=lambda path: (
            label(f"infer_field.{path}", block=called(bp, named[path]))
            if path in named
            else called(bp, path)
        ),
    )
    block = named.get(wanted, wanted)
    op = bp.block(block).ops[-1]
    _, height, width = op.out_shape
    row, column = _position(height, width)
    left, right = st.columns(2)
    with left:
        st.caption(label("infer_positions.label", block=called(bp, block)))
        clicked = _position_map(scene, block, row, column)
        if clicked and clicked != (row, column):
            st.session_state["infer_row"] = _per_cent(clicked[0], height)
            st.session_state["infer_column"] = _per_cent(clicked[1], width)
            controls.again()
        for key in ("infer_row", "infer_column"):
            st.slider(label(f"{key}.label"), 0, 100, 50, key=key, **controls.BOUND)
    with right:
        box = seen_region(op, row, column, bp.in_shape[1])
        with st.spinner(section("inference", "computing the gradient")):
            slope = cache.gradient(scene, block, row, column)
        st.caption(label("infer_region.label"))
        _seen(scene, slope, box)
    st.write(section("inference", "receptive field", field=op.receptive_field))
    st.write(_seen_words(scene, block, row, column, box, op.receptive_field, slope))


def _position(height: int, width: int) -> tuple[int, int]:
    down, across = (_share(controls.held(key)) for key in ("infer_row", "infer_column"))
    return round(down / 100 * (height - 1)), round(across / 100 * (width - 1))


def _share(value: object) -> int:
    """Per cent as the slider holds it, or as a link says it; the middle for anything else."""
    text = str(value)
    sane = text.isascii() and text.isdigit() and len(text) < 4
    return int(text) if sane and int(text) <= 100 else 50


def _per_cent(index: int, size: int) -> int:
    return round(100 * index / max(1, size - 1))


def _position_map(scene: Scene, block: str, row: int, column: int) -> tuple[int, int] | None:
    from explorer.views.inference_pictures import position_map

    scaled = cache.features(scene).scaled_mean(block).numpy()
    choosable = scaled.size <= _CELLS
    clicked = drawing(
        position_map(scaled, row, column, choosable),
        key="infer_positions",
        for_all=False,
        label=label("infer_positions.label", block=called(scene.blueprint, block)),
        choosable=choosable,
        selected=f"{row},{column}",
    )
    if not choosable:
        st.caption(section("inference", "too many positions"))
    if not clicked:
        return None
    first, second = clicked.split(",")
    return int(first), int(second)


def _seen(scene: Scene, slope: Tensor, box: tuple[int, int, int, int]) -> None:
    from explorer.views.inference_pictures import region_over
    from explorer.views.rasters import heat_over

    peak = float(slope.max())
    image = scene.prepared.cropped
    if peak > 0 and bool(slope.isfinite().all()):
        image = heat_over(image, (slope / peak).sqrt().numpy())
    region = region_over(image, box)
    drawing(region, key="infer_region", label=label("infer_region.label"), for_all=False)


def _seen_words(
    scene: Scene,
    block: str,
    row: int,
    column: int,
    box: tuple[int, int, int, int],
    field: int,
    slope: Tensor,
) -> str:
    from explorer.experiments.saliency import half_of_gradient

    left, top, right, bottom = box
    words = section(
        "inference",
        "seen by arithmetic",
        row=row + 1,
        column=column + 1,
        block=called(scene.blueprint, block),
        field=field,
        across=right - left,
        down=bottom - top,
    )
    if not bool(slope.isfinite().all()):
        return f"{words} {overflow(scene)}"
    # Added up in double precision: many finite values may have no finite sum in float32.
    if float(slope.double().sum()) <= 0:
        return f"{words} {section('inference', 'seen nothing')}"
    side = half_of_gradient(slope)
    return f"{words} {section('inference', 'seen by gradient', side=side)}"
