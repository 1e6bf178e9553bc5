"""The shape trace as rows: one per block or per op, and totals that are their sums.

The columns are ids, called by the labels [trace_table]. Shapes are (C, H, W), for one image.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa

from explorer.architecture import Block, Blueprint, Op
from explorer.architecture.image_size import TIMES
from explorer.architecture.notation import shape_text, window
from explorer.views import tables
from explorer.views.palette import slot_of
from explorer.views.titles import part_title, stage_title
from explorer.words import label

Row = dict[str, str | int | None]

TABLE: Final = "trace_table"
COLUMNS: Final = (
    "stage", "block", "op", "kind", "branch", "shortcut", "in", "out", "kernels", "kernel",
    "stride", "padding", "groups", "params", "macs", "receptive_field", "output_stride",
    "activations", "path", "in_words",
)  # fmt: skip
"""Of all tables together."""
SUMMED: Final = ("params", "macs", "activations")
_SLOTS: Final = 10


def block_rows(bp: Blueprint) -> list[Row]:
    """Stem, every block, head."""
    return [
        {
            "stage": stage_title(bp, part.path),
            "block": part_title(part.title),
            "shortcut": _line(part),
            "in": shape_text(part.in_shape),
            "out": shape_text(part.out_shape),
            "kernels": kernels(part),
            "params": part.params,
            "macs": part.macs,
            "receptive_field": part.receptive_field,
            "activations": part.activations,
            "path": part.path,
        }
        for part in bp.parts
    ]


def opened_rows(bp: Blueprint, block: Block) -> list[Row]:
    """The ops of one block, in the columns of `block_rows`."""
    return [
        {
            "stage": stage_title(bp, op.path),
            "block": f"└ {op.path.removeprefix(f'{block.path}.')}",
            "shortcut": label("trace_table.on_it") if op.on_shortcut else None,
            "in": shape_text(op.in_shape),
            "out": shape_text(op.out_shape),
            "kernels": _window(op) if op.kernel else label(f"op.{op.kind}"),
            "params": op.params,
            "macs": op.macs,
            "receptive_field": op.receptive_field,
            "activations": op.activations,
            "path": op.path,
        }
        for op in block.ops
    ]


def op_rows(bp: Blueprint, words: Mapping[str, str] | None = None) -> list[Row]:
    """Every op of the network; `words` has a sentence for each path."""
    return [
        {
            "stage": stage_title(bp, op.path),
            "op": op.path,
            "kind": label(f"op.{op.kind}"),
            "branch": _branch(op),
            "in": shape_text(op.in_shape),
            "out": shape_text(op.out_shape),
            "kernel": _kernel(op) if op.kernel else None,
            "stride": op.stride if op.kernel else None,
            "padding": op.padding if op.kernel else None,
            "groups": op.groups if op.kind == "conv" else None,
            "params": op.params,
            "macs": op.macs,
            "receptive_field": op.receptive_field,
            "output_stride": op.output_stride,
            "activations": op.activations,
            **({"in_words": words[op.path]} if words else {}),
        }
        for op in bp.ops
    ]


def total_row(rows: Sequence[Row]) -> Row:
    """The sums of the rows' counts; the other columns stay empty."""
    total: Row = dict.fromkeys(rows[0])
    total[next(iter(rows[0]))] = label("trace_table.total")
    for column in SUMMED:
        total[column] = sum(int(row[column] or 0) for row in rows)
    return total


def abbreviated(row: Row) -> dict[str, str | int | float | None]:
    """The row with its MACs in millions too, which a narrow column holds."""
    return {**row, "millions": int(row["macs"] or 0) / 1e6}


def arrow_table(
    rows: Sequence[Mapping[str, str | float | None]], actions: Sequence[str]
) -> pa.Table:
    """The rows and their total as one table, made once and sent often.

    `rows` end with their total, which has no action. A stage is a list of one, for it is shown
    as a label.
    """
    shown = [
        {"action": action, **row, "stage": [row["stage"]]}
        for action, row in zip((*actions, None), rows, strict=True)
    ]
    return pa.Table.from_pylist(shown)


def csv_text(rows: Sequence[Row]) -> str:
    """The rows and their totals as comma-separated values."""
    return tables.csv_text([*rows, total_row(rows)], TABLE)


def stages_by_colour(bp: Blueprint) -> list[str]:
    """Titles of stem, stages and head at the index of their colour, for a column of labels.

    Unused colours have a blank of their own, for labels are coloured by their place in the list.
    The head comes a round later: of eight stages, the last has its colour too.
    """
    by_slot = {_SLOTS + slot_of("head"): part_title("head"), slot_of("stem"): part_title("stem")}
    by_slot |= {slot_of(stage.path): stage.title for stage in bp.stages}
    return [by_slot.get(slot, f"no stage {slot}") for slot in range(2 * _SLOTS)]


def kernels(part: Block) -> str:
    """Windows in order, with strides above 1: `1x1, 3x3/2, 1x1; shortcut 1x1/2`."""
    main = ", ".join(_window(op) for op in part.main_ops if op.kernel)
    skip = ", ".join(_window(op) for op in part.shortcut_ops if op.kernel)
    return label("trace_table.both", main=main, shortcut=skip) if skip else main


def _kernel(op: Op) -> str:
    """A window; the last average pool's is the map, which need not be square."""
    return window(op) if op.kind == "avg_pool" else f"{op.kernel}{TIMES}{op.kernel}"


def _window(op: Op) -> str:
    shown = window(op)
    if op.kind in ("max_pool", "avg_pool", "local_avg_pool", "pad"):
        return label(f"trace_window.{op.kind}", window=shown)
    return shown


def _line(part: Block) -> str | None:
    return label(f"line.{part.shortcut.line}") if part.shortcut else None


def _branch(op: Op) -> str | None:
    if not op.path.startswith("layer"):
        return None
    return label("trace_table.aside" if op.on_shortcut else "trace_table.main")
