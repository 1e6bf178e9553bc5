"""The kernel to play with, and the first layer's kernels as pictures."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.ui import controls
from explorer.ui.drawing import drawing
from explorer.ui.inference.origin_state import go
from explorer.ui.inference.scene import Scene
from explorer.words import label, section

if TYPE_CHECKING:
    from explorer.experiments.origin.capture import Captured
    from explorer.experiments.origin.parts import Array, Part
    from explorer.experiments.origin.toy import Toy

_PRESET: Final = "origin_toy_preset"
_KERNEL: Final = "origin_toy_kernel"
_AT: Final = "origin_toy_at"
_OWN: Final = "own"
_SIDE: Final = 7
_LONGEST: Final = 200


def draw(scene: Scene, found: Captured, part: Part) -> None:
    """A patch and a kernel whose numbers and window can be changed."""
    from explorer.experiments.origin.toy import KERNELS, Toy

    ids = (*KERNELS, _OWN)
    columns = st.columns([3, 2, 2, 2])
    with columns[0]:
        preset = controls.choice(_PRESET, ids, kind="select", on_change=_preset_chosen)
    limits = {"stride": (1, 3, 1), "padding": (0, 2, 1), "dilation": (1, 3, 1)}
    window = []
    for column, (name, (low, high, value)) in zip(columns[1:], limits.items(), strict=True):
        with column:
            window.append(controls.number(f"origin_toy_{name}", low, high, value))
    # What comes of the numbers is looked at first, and the numbers are typed below it.
    result = st.container()
    st.write(section("origin", "toy"))
    left, right = st.columns([2, 5])
    with left:
        kernel = _editor(_kernel(preset), "kernel")
    with right:
        values = _editor(_patch(scene, found, part), "patch")
    toy = Toy(values, kernel, *window)
    with result:
        if toy.fits:
            _result(toy)
            st.write(section("origin", "toy size", formula=toy.formula))
            return
        st.write(section("origin", "toy size", formula=toy.formula))
        st.warning(
            section(
                "origin",
                "toy does not fit",
                reach=toy.reach,
                size=toy.map.shape[0] + 2 * toy.padding,
                formula=toy.formula,
            )
        )


def _kernel(preset: str) -> Array:
    import numpy as np

    from explorer.experiments.origin.toy import KERNELS, read

    text = controls.text(_KERNEL, _LONGEST)
    if preset != _OWN:
        return np.array(KERNELS[preset], dtype=np.float64)
    own = read(text)
    if own is None:
        if text:
            st.warning(section("origin", "toy unreadable"))
        return np.array(KERNELS["identity"], dtype=np.float64)
    return own


def _preset_chosen() -> None:
    controls.put(_KERNEL, "", "")


def _editor(numbers: Array, name: str) -> Array:
    """A table of numbers to type into; the kernel's go into the address."""
    import pandas as pd

    from explorer.experiments.origin.toy import changed

    st.caption(label(f"origin_toy.{name}"))
    table = pd.DataFrame(numbers, columns=[str(index) for index in range(numbers.shape[1])])
    # With other numbers to begin with it is another table.
    key = f"origin_toy_{name}_{hash(numbers.tobytes())}"
    config = {
        column: st.column_config.NumberColumn(format="%.3g", required=True, width=60)
        for column in table.columns
    }
    st.data_editor(
        table,
        key=key,
        hide_index=True,
        column_config=config,
        row_height=30,
        width="content",
        on_change=partial(_typed, key, numbers) if name == "kernel" else None,
    )
    return changed(numbers, st.session_state[key]["edited_rows"])


def _typed(key: str, numbers: Array) -> None:
    """What was typed is the visitor's own kernel, and the address says so."""
    from explorer.experiments.origin.toy import changed, written

    kernel = changed(numbers, st.session_state[key]["edited_rows"])
    controls.put(_KERNEL, written(kernel), "")
    controls.put(_PRESET, _OWN, "edge")


def _patch(scene: Scene, found: Captured, part: Part) -> Array:
    """Numbers about the value that the op reads, or, where it reads no map, about its pixel."""
    import numpy as np

    if found.inputs and found.inputs[0].ndim == 3 and found.inputs[0].shape[1] >= _SIDE:
        source = part.sources[0] if part.sources else part.place
        values = found.inputs[0][min(source.channel, len(found.inputs[0]) - 1)]
        middle = source.row, source.column
    else:
        values = np.asarray(scene.prepared.cropped.convert("L"), dtype=np.float32) / 255
        middle = values.shape[0] // 2, values.shape[1] // 2
    half = _SIDE // 2
    top, left = (
        min(max(0, at - half), max(0, side - _SIDE))
        for at, side in zip(middle, values.shape, strict=True)
    )
    # As many decimals as the drawing has: what is shown there is what is computed with.
    rounded: Array = np.round(values[top : top + _SIDE, left : left + _SIDE].astype(np.float64), 2)
    return rounded


def _result(toy: Toy) -> None:
    from explorer.experiments.origin.toy import output_of
    from explorer.views.numbers import plain
    from explorer.views.toy_picture import picture

    row, column = output_of(controls.text(_AT, _LONGEST), toy.size)
    value = float((toy.patch(row, column) * toy.kernel).sum())
    cells = toy.kernel.size
    said = section("origin", "toy sum", row=row, column=column, cells=cells, value=plain(value))
    drawing(
        picture(toy, row, column),
        key="origin_toy",
        label=label("origin_toy.label", sum=said.replace("**", "")),
        choosable=True,
        selected=f"{row},{column}",
        min_width=720,
        on_choose=_chosen,
    )
    st.write(said)


def _chosen(path: str) -> None:
    controls.put(_AT, path, "")


def kernels(scene: Scene) -> None:
    """The first layer's kernels; each leads to its strongest value."""
    from explorer.views.origin.maps import kernels as picture

    first = next(op.path for op in scene.blueprint.ops if op.kind == "conv")
    weights = scene.network.get_parameter(f"{first}.weight").detach().cpu().numpy()
    count, channels, kernel, _ = weights.shape
    words = section("origin", "kernels", count=count, channels=channels, kernel=kernel)
    st.write(words)
    drawing(
        picture(weights, first), key="origin_kernels", label=words, choosable=True, min_width=700,
        on_choose=go,
    )  # fmt: skip
