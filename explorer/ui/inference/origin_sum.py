"""The sum behind a value: the sentence, the picture of its terms, and the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import streamlit as st

from explorer.experiments.origin import parts, sums
from explorer.experiments.origin.places import INPUT
from explorer.ui import controls
from explorer.ui.drawing import drawing
from explorer.ui.inference import cache
from explorer.ui.inference.origin_state import go
from explorer.ui.inference.scene import Scene
from explorer.views.numbers import magnitude, plain, readable
from explorer.words import label, listed, section

if TYPE_CHECKING:
    from explorer.experiments.origin.parts import Part

_SHOWN: Final = ("4", "8", "16")
_DECIDING: Final = 5
"""Channels of a logit that are drawn."""
_COLOURS: Final = ("red", "green", "blue")


def draw(scene: Scene, part: Part) -> None:
    """Show it."""
    if isinstance(part, sums.Convolution):
        _convolution(scene, part)
    elif isinstance(part, sums.Weighted):
        _logit(scene, part)
    else:
        _line(scene, part)
    st.caption(
        section(
            "origin",
            "proof",
            total=readable(f"{part.total:.12g}"),
            value=readable(f"{part.value:.12g}"),
            difference=magnitude(part.difference),
        )
    )


def _show(svg: str, words: str, narrowest: int = 340) -> None:
    """Draw the terms, any of which leads on."""
    drawing(
        svg,
        key="origin_drawing",
        for_all=False,
        label=words,
        choosable=True,
        min_width=narrowest,
        on_choose=go,
    )


def _convolution(scene: Scene, part: sums.Convolution) -> None:
    from explorer.views.adding_up import written
    from explorer.views.origin.convolution import convolution, rounded_cells

    op, value = part.op, plain(part.total)
    numbers: dict[str, Any] = {
        "kernel": part.kernel.shape[-1],
        "channels": len(part.kernel),
        "products": part.products.size,
        "value": value,
    }
    first = op.inputs[0] == INPUT and scene.blueprint.spec.in_channels == 3
    if op.groups > 1:
        last = part.first + len(part.kernel) - 1
        group = {"first": part.first, "last": last, "all_channels": op.in_shape[0]}
        st.write(section("origin", "conv, grouped", groups=op.groups, **group, **numbers))
    else:
        title = "gate_linear" if op.kind == "gate_linear" else "conv, first" if first else "conv"
        st.write(section("origin", title, **numbers))
    if outside := int((~part.window.inside).sum()):
        cells = part.window.inside.size
        st.caption(section("origin", "over the edge", n=outside, cells=cells))
    if rounded_cells(part):
        st.caption(section("origin", "rounded cells"))
    shown = int(controls.settled("origin_shown", _SHOWN, _SHOWN[0]))
    told = written(part, shown)
    words = [
        section("origin", "alt of a channel", n=part.first + channel, value=sum_shown)
        for channel, sum_shown in zip(part.ranking[:shown], told.channels, strict=True)
    ]
    if told.others is not None:
        words.append(section("origin", "alt of the others", value=told.others))
    if told.bias is not None:
        words.append(section("origin", "alt of a bias", value=told.bias))
    said = {"products": part.products.size, "terms": listed(words), "value": told.total}
    picture = convolution(part, shown, _colours(scene, part) if first else None)
    narrow = 560 if part.kernel.shape[-1] == 1 else 640
    _show(picture, section("origin", "alt of a convolution", **said), narrow)
    if len(part.ranking) > int(_SHOWN[0]):
        controls.choice("origin_shown", _SHOWN, kind="segments", shown=str)


def _colours(scene: Scene, part: sums.Convolution) -> list[list[str]]:
    """The pixels under the window; "" beyond the edge."""
    photograph = scene.prepared.cropped.convert("RGB")
    width, height = photograph.size
    found: list[list[str]] = []
    for row in part.window.rows:
        found.append([])
        for column in part.window.columns:
            pixel = (0, 0, 0)
            inside = 0 <= row < height and 0 <= column < width
            if inside:
                pixel = cast("tuple[int, int, int]", photograph.getpixel((column, row)))
            found[-1].append("#{:02x}{:02x}{:02x}".format(*pixel) if inside else "")
    return found


def _line(scene: Scene, part: Part) -> None:
    """The ops whose sum has a few terms, or whose cells are compared."""
    from explorer.views.adding_up import rounded_sum
    from explorer.views.origin import lines, windows
    from explorer.views.origin.addition import addition

    value = plain(part.total)
    title = str(part.op.kind)
    numbers: dict[str, Any] = {"value": value}
    kind, narrow = "identity", 260
    if isinstance(part, parts.Sum):
        block = scene.blueprint.block(part.op.path)
        kind = block.shortcut.kind if block.shortcut else kind
        picture, narrow = addition(part, kind), 420
        main, skip, total = rounded_sum((part.main, part.skip), part.total)
        numbers |= {"main": main, "skip": skip, "value": total}
        title = "add, cancels" if part.main * part.skip < 0 else "add"
    elif isinstance(part, parts.WindowMean):
        picture, narrow = windows.window(part), 220
        numbers["cells"] = int(part.window.inside.sum())
    elif isinstance(part, parts.Largest):
        picture, narrow = windows.window(part), 220
        row, column = part.winner
        numbers |= {"row": part.window.rows[row], "column": part.window.columns[column]}
    elif isinstance(part, parts.Mean):
        picture, narrow = windows.mean(part), 300
        numbers["cells"] = part.map.size
    else:
        picture = lines.line(lines.pieces(part))
        title, narrow, numbers = _of_one_line(scene, part, title, numbers)
    words = section("origin", title, **numbers)
    st.write(words)
    _show(picture, _alt(words, part, kind), narrow)


def _of_one_line(
    scene: Scene, part: Part, title: str, numbers: dict[str, Any]
) -> tuple[str, int, dict[str, Any]]:
    """Of an op whose value is one line of arithmetic: its sentence, narrowest width, numbers."""
    if isinstance(part, parts.Norm):
        return title, 620, numbers
    if isinstance(part, parts.Cut) and part.x <= 0:
        return "relu, cut off", 260, {"x": plain(part.x)}
    if isinstance(part, parts.Scaled):
        return title, 340, numbers | {"factor": plain(part.factor)}
    if isinstance(part, parts.Pixel):
        grey = scene.blueprint.spec.in_channels == 1
        order = _COLOURS[::-1] if scene.recipe.bgr else _COLOURS
        colour = label(f"origin.{'grey' if grey else order[part.place.channel]}")
        return title, 420, numbers | {"byte": part.byte, "colour": colour}
    if isinstance(part, parts.Copied) and part.origin is None:
        return "pad, zeros", 260, {"added": part.op.out_shape[0] - part.op.in_shape[0]}
    return title, 340, numbers | {"stride": part.op.stride}


def _alt(words: str, part: Part, shortcut: str = "identity") -> str:
    """The sentence, and the sum with its numbers."""
    from explorer.views.origin.said import said

    numbers = said(part, _DECIDING, shortcut)
    return section("origin", "alt of a sum", sentence=words.replace("**", ""), sum=numbers)


def _logit(scene: Scene, part: sums.Weighted) -> None:
    from explorer.views.origin.classifier import classifier

    name = scene.classes[part.place.channel]
    words = section(
        "origin",
        "linear",
        name=name,
        channels=len(part.features),
        value=plain(part.total),
        shown=min(_DECIDING, len(part.features)),
    )
    st.write(words)
    maps = cache.captured(scene, "avgpool").inputs[0]
    left, right = st.columns([5, 4], gap="medium")
    with left:
        picture = classifier(part, maps, _DECIDING)
        # Whole on a telephone: its last column is the result.
        _show(picture, _alt(words, part), 440)
    with right:
        _cam(scene, part, name)


def _cam(scene: Scene, part: sums.Weighted, name: str) -> None:
    """CAM beside Grad-CAM: one map, found in two ways."""
    from explorer.views.adding_up import rounded_sum
    from explorer.views.inference_pictures import beside
    from explorer.views.rasters import data_url, enlarged, heat_over

    both = cache.cam(scene, part.place.channel)
    photograph = enlarged(scene.prepared.cropped, 220)
    pictures = []
    for title, values in (("cam", both.cam), ("grad_cam", both.grad_cam)):
        peak = float(values.max())
        heat = heat_over(photograph, (values / peak).clip(0)) if peak > 0 else photograph
        pictures.append((data_url(heat), label(f"origin.{title}"), 1.0))
    drawing(
        beside(pictures), key="origin_cam", label=section("origin", "alt of CAM", name=name),
        min_width=340, for_all=False,
    )  # fmt: skip
    mean, bias, logit = rounded_sum((float(both.cam.mean()), both.bias), both.logit)
    st.caption(
        section(
            "origin",
            "cam",
            mean=mean,
            bias=f"({bias})" if both.bias < 0 else bias,
            logit=logit,
            cells=both.cam.size,
            difference=magnitude(both.difference),
        )
    )
    if scene.blueprint.spec.activation_order == "pre":
        st.caption(section("origin", "cam, pre-activation"))
