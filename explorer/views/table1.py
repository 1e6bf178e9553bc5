"""The paper's Table 1, computed: five networks of one design, layer by layer."""

import csv
import io
from typing import Final, NamedTuple

from explorer.architecture import PRESETS, Blueprint, NetworkSpec, Stage, blueprint
from explorer.architecture.image_size import TIMES
from explorer.architecture.notation import short_count, window
from explorer.architecture.structure import Block
from explorer.views.palette import BACKGROUND, BORDER, LIGHT, PANEL, SELECTED, TEXT
from explorer.views.svg import document, node, text
from explorer.words import count, label

NETWORKS: Final = ("resnet18", "resnet34", "resnet50_v1", "resnet101_v1", "resnet152_v1")
"""Those of the paper: with the authors' strides."""
_LAYER, _OUTPUT, _COLUMN = 74.0, 92.0, 132.0
_LINE, _SIZE, _HEAD = 20.0, 14, 34.0
_CELL: Final = 3 * _LINE + 18
_PAD: Final = 14.0
"""Before words that stand for all networks."""
_LIT: Final = ' data-lit="column"'
"""Where a narrow screen begins to show the table."""


class Cell(NamedTuple):
    """A stage of one of the networks."""

    network: str
    block: str
    lines: tuple[str, ...]
    times: int
    dashed: bool

    @property
    def name(self) -> str:
        """For the address: `resnet50_v1 layer2.0`."""
        return f"{self.network} {self.block}"


def blueprints() -> dict[str, Blueprint]:
    """The five networks, by name."""
    return {name: blueprint(PRESETS[name].spec, PRESETS[name].image_size) for name in NETWORKS}


def cells() -> list[list[Cell]]:
    """conv2_x to conv5_x, each of all five networks."""
    found = blueprints()
    return [[_cell(name, bp.stages[index]) for name, bp in found.items()] for index in range(4)]


def _cell(network: str, stage: Stage) -> Cell:
    # The first block may halve the size; the table shows the windows without strides.
    first = stage.blocks[0]
    dashed = first.shortcut is not None and first.shortcut.dashed
    return Cell(network, first.path, _convolutions(first), len(stage.blocks), dashed)


def _convolutions(block: Block) -> tuple[str, ...]:
    return tuple(
        f"{op.kernel}{TIMES}{op.kernel}, {op.out_shape[0]}"
        for op in block.main_ops
        if op.kind == "conv"
    )


def column_of(spec: NetworkSpec) -> str | None:
    """The column that tells this network's blocks and stages."""
    for name in NETWORKS:
        own = PRESETS[name].spec
        same = (
            *("block", "depths", "widths", "stem", "groups", "width_per_group"),
            *("expands_by", "stem_channels", "stage_steps", "se_ratio"),
        )
        if all(getattr(spec, field) == getattr(own, field) for field in same):
            return name
    return None


def picture(lit: str | None) -> str:
    """The table as an SVG; each cell of a stage carries its network and first block."""
    found = blueprints()
    first = found[NETWORKS[0]]
    left = _LAYER + _OUTPUT
    total = left + len(NETWORKS) * _COLUMN
    parts, y = [], 0.0
    parts += _words(y, _HEAD, label("table1.layer"), label("table1.output"))
    for index, (name, bp) in enumerate(found.items()):
        x = left + index * _COLUMN
        parts.append(_frame(x, y, _COLUMN, _HEAD, name == lit))
        middle = x + _COLUMN / 2
        title = count(bp.spec.depth, "layer")
        parts.append(text(middle, y + 22, title, bold=True, size=_SIZE))
    y += _HEAD
    stem, pool = first.stem.ops[0], first.stem.ops[-1]
    shared = (
        (label("table1.conv1"), stem.out_shape, f"{window(stem)}, {stem.out_shape[0]}"),
        ("", pool.out_shape, label("table1.pool", window=window(pool))),
    )
    for layer, shape, words in shared:
        parts += _words(y, _HEAD, layer, f"{shape[1]}{TIMES}{shape[2]}")
        parts.append(_frame(left, y, total - left, _HEAD, False))
        # Where it begins, so that it is seen on a telephone, too.
        parts.append(text(left + _PAD, y + 22, words, anchor="start", size=_SIZE))
        y += _HEAD
    for stage, row in zip(first.stages, cells(), strict=True):
        parts += _words(y, _CELL, stage.title, f"{stage.out_shape[1]}{TIMES}{stage.out_shape[2]}")
        parts += [
            _drawn(cell, stage.title, left + index * _COLUMN, y, cell.network == lit)
            for index, cell in enumerate(row)
        ]
        y += _CELL
    classes = first.spec.num_classes
    parts += _words(y, _HEAD, "", f"1{TIMES}1")
    parts.append(_frame(left, y, total - left, _HEAD, False))
    said = label("table1.head", n=classes)
    parts.append(text(left + _PAD, y + 22, said, anchor="start", size=_SIZE))
    y += _HEAD
    parts += _words(y, _HEAD, label("table1.mac_row"), "")
    for index, (name, bp) in enumerate(found.items()):
        x = left + index * _COLUMN
        parts.append(_frame(x, y, _COLUMN, _HEAD, name == lit))
        parts.append(text(x + _COLUMN / 2, y + 22, short_count(bp.macs), size=_SIZE))
    return document(total, y + _HEAD, parts)


def _words(y: float, high: float, layer: str, output: str) -> list[str]:
    middle = y + high / 2 + 5
    return [
        _frame(0, y, _LAYER, high, False),
        _frame(_LAYER, y, _OUTPUT, high, False),
        text(_LAYER / 2, middle, layer, size=_SIZE),
        text(_LAYER + _OUTPUT / 2, middle, output, size=_SIZE),
    ]


def _frame(x: float, y: float, wide: float, high: float, lit: bool) -> str:
    return (
        f'<rect x="{x + 1:.1f}" y="{y + 1:.1f}" width="{wide - 2:.1f}" height="{high - 2:.1f}" '
        f'fill="{PANEL if lit else BACKGROUND}" stroke="{LIGHT[SELECTED] if lit else BORDER}" '
        f'stroke-width="{2 if lit else 1}"{_LIT if lit else ""}/>'
    )


def _drawn(cell: Cell, stage: str, x: float, y: float, lit: bool) -> str:
    """Windows and channels in brackets, how often, and a dashed line where it begins dashed."""
    high = _LINE * len(cell.lines)
    top = y + (_CELL - high) / 2
    lines = [
        text(x + 54, top + _LINE * index + 15, line, size=_SIZE)
        for index, line in enumerate(cell.lines)
    ]
    brackets = "".join(
        f'<path d="M{edge + inwards:.1f},{top - 1:.1f} H{edge:.1f} V{top + high + 1:.1f} '
        f'H{edge + inwards:.1f}" fill="none" stroke="{TEXT}" stroke-width="1.2"/>'
        for edge, inwards in ((x + 12, 5), (x + 96, -5))
    )
    times = text(
        x + 102, y + _CELL / 2 + 5, label("table1.times", n=cell.times), anchor="start", size=_SIZE
    )
    dashed = (
        f'<path d="M{x + 12:.1f},{y + _CELL - 5:.1f} H{x + 96:.1f}" fill="none" '
        f'stroke="{TEXT}" stroke-width="1.5" stroke-dasharray="4 4"/>'
        if cell.dashed
        else ""
    )
    name = label("table1.chosen", network=PRESETS[cell.network].title, stage=stage)
    return node(cell.name, name, _frame(x, y, _COLUMN, _CELL, lit), brackets, *lines, times, dashed)


def csv_text() -> str:
    """The table as CSV: a line for each row of it, `2 x [3x3, 64; 3x3, 64]` for a stage."""
    found = blueprints()
    first = found[NETWORKS[0]]
    stem, pool = first.stem.ops[0], first.stem.ops[-1]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    depths = [count(bp.spec.depth, "layer") for bp in found.values()]
    writer.writerow([label("table1.layer"), label("table1.output"), *depths])
    size = f"{stem.out_shape[1]}{TIMES}{stem.out_shape[2]}"
    conv1 = f"{window(stem)}, {stem.out_shape[0]}"
    writer.writerow([label("table1.conv1"), size, *[conv1] * len(found)])
    size = f"{pool.out_shape[1]}{TIMES}{pool.out_shape[2]}"
    writer.writerow(["", size, *[label("table1.pool", window=window(pool))] * len(found)])
    for stage, row in zip(first.stages, cells(), strict=True):
        size = f"{stage.out_shape[1]}{TIMES}{stage.out_shape[2]}"
        shown = [f"{cell.times} x [{'; '.join(cell.lines)}]" for cell in row]
        writer.writerow([stage.title, size, *shown])
    head = label("table1.head", n=first.spec.num_classes)
    writer.writerow(["", f"1{TIMES}1", *[head] * len(found)])
    writer.writerow([label("table1.mac_row"), "", *(bp.macs for bp in found.values())])
    return out.getvalue()
