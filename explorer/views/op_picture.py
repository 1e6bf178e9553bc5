"""One op as a picture: what it reads, what it does, what it writes."""

from functools import lru_cache
from typing import NamedTuple

from explorer.architecture import Blueprint, NetworkSpec, Op, Shape, blueprint, notation
from explorer.architecture.image_size import TIMES, ImageSize
from explorer.views.block_diagram import window
from explorer.views.palette import BACKGROUND, LIGHT, STEM, TEXT, slot_of
from explorer.views.svg import arrow, document, text
from explorer.views.volumes import RECEDE, Scale, bounds, cuboid, fit
from explorer.words import count, label

WIDTH = 360.0
"""In units of the drawing; on a telephone's screen one unit is about one pixel."""
_FONT = 15
_SIDE, _THICKNESS = 112.0, 60.0


class Item(NamedTuple):
    """A volume, or where `shape` is None a sign, above its two lines of text."""

    lines: tuple[str, str]
    shape: Shape | None
    path: str
    sign: str = ""


def items(bp: Blueprint, op: Op) -> list[Item]:
    """What is drawn of an op, from left to right: inputs, the op itself, output."""
    output = Item(
        (label("op_picture.output"), notation.volume(op.out_shape)), op.out_shape, op.path
    )
    if op.kind == "add":
        main, skip = (Item(lines, op.in_shape, path) for lines, path in _summands(bp, op))
        return [main, skip, output]
    read = Item(
        (label("op_picture.input"), notation.volume(op.in_shape)), op.in_shape, op.inputs[0]
    )
    return [read, _tool(op), output]


def picture(bp: Blueprint, op: Op) -> str:
    """The op as an SVG of WIDTH units, at one scale for all ops of the network."""
    scale = _scale(bp.spec, bp.image_size)
    floor = 8 + _SIDE * (1 + RECEDE[1])
    middle = (8 + floor) / 2
    shown = items(bp, op)
    parts, edge = [], 0.0
    for index, item in enumerate(shown):
        centre = WIDTH / len(shown) * (index + 0.5)
        half = bounds(item.shape, scale)[0] / 2 if item.shape else 0.0
        if item.shape is None:
            half = 26
            parts.append(_sign(centre, middle, item.sign))
        else:
            slot = STEM if item.path == "input" else slot_of(item.path)
            parts.append(cuboid(item.shape, centre - half, middle, scale, slot))
        if index:
            between = (edge + centre - half) / 2
            plus = op.kind == "add" and index == 1
            parts.append(
                text(between, middle + 8, "+", bold=True, size=24)
                if plus
                else arrow(between - 9, between + 9, middle)
            )
        edge = centre + half
        parts.append(text(centre, floor + 20, item.lines[0], bold=True, size=_FONT))
        parts.append(text(centre, floor + 38, item.lines[1], size=_FONT))
    return document(WIDTH, floor + 46, parts, zoom=1.55)


@lru_cache(maxsize=64)
def _scale(spec: NetworkSpec, image_size: ImageSize) -> Scale:
    ops = blueprint(spec, image_size).ops
    return fit({shape for op in ops for shape in (op.in_shape, op.out_shape)}, _SIDE, _THICKNESS)


def _summands(bp: Blueprint, op: Op) -> list[tuple[tuple[str, str], str]]:
    block = bp.block(op.path)
    kind = block.shortcut.kind if block.shortcut else "identity"
    name = kind if kind in ("projection", "padding") else "shortcut"
    size = notation.volume(op.in_shape)
    main, skip = op.inputs
    return [
        ((label("op_picture.main_branch"), size), main),
        ((label(f"op_picture.{name}"), size), skip),
    ]


def _tool(op: Op) -> Item:
    """The middle of the picture: a kernel as a volume, or a sign."""
    channels = op.in_shape[0]
    if op.kind == "conv":
        kernel = (channels // op.groups, op.kernel, op.kernel)
        return Item((count(op.out_shape[0], "kernel"), notation.volume(kernel)), kernel, op.path)
    positions = TIMES.join(map(str, op.in_shape[1:]))
    signs = {
        "batch_norm": (
            _lines("op.batch_norm", "numbers", channels=channels),
            "\u03b3\u00b7x+\u03b2",
        ),
        "group_norm": (
            _lines("op.group_norm", "numbers", channels=channels),
            "\u03b3\u00b7x+\u03b2",
        ),
        "relu": (_lines("op.relu", "relu"), "\u2a0d"),
        "max_pool": ((label("op_picture.largest"), window(op)), label("op_picture.max")),
        "avg_pool": ((label("op_picture.mean_of"), positions), label("op_picture.mean")),
        "local_avg_pool": ((label("op_picture.mean_of"), window(op)), label("op_picture.mean")),
        "gate_linear": (
            (label("op_picture.weights"), f"{channels:,} {TIMES} {op.out_shape[0]:,}"),
            "W\u00b7x+b",
        ),
        "sigmoid": (_lines("op.sigmoid", "gate"), "\u03c3"),
        "scale": (_lines("op.scale", "scaled"), "\u00d7"),
        "pad": (_padding(op), label("op_picture.pad")),
        "flatten": (_lines("op.flatten", "same_numbers"), "="),
        "linear": (
            (label("op_picture.weights"), f"{channels:,} {TIMES} {op.out_shape[0]:,}"),
            "W\u00b7x+b",
        ),
    }
    lines, sign = signs[op.kind]
    return Item(lines, None, op.path, sign)


def _padding(op: Op) -> tuple[str, str]:
    """The two steps of option A, of which one may be idle."""
    added = op.out_shape[0] - op.in_shape[0]
    sampling = label("op_picture.every_second" if op.stride == 2 else "op_picture.every")
    entry = "no_zeros" if not added else "zeros_around" if op.zeros_before else "zeros"
    return sampling, label(f"op_picture.{entry}", n=added)


def _lines(name: str, what: str, **numbers: int) -> tuple[str, str]:
    return label(name), label(f"op_picture.{what}", **numbers)


def _sign(x: float, y: float, sign: str) -> str:
    """A round badge that says what happens to every number."""
    drawn = (
        '<path d="M-14,7 H0 L12,-10" fill="none" stroke-width="2.5"' + f' stroke="{TEXT}"/>'
        if sign == "\u2a0d"
        else text(0, 5, sign, size=_FONT)
    )
    return (
        f'<g transform="translate({x:.1f},{y:.1f})"><circle r="26" fill="{BACKGROUND}" '
        f'stroke="{LIGHT[STEM]}" stroke-width="1.5"/>{drawn}</g>'
    )
