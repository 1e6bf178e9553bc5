"""Costs and published figures as rows; the columns of rows are ids, those of frames are worded."""

from collections.abc import Iterable, Sequence

import pandas as pd
from pandas.io.formats.style import Styler

from explorer.architecture import Block, Blueprint, Op
from explorer.architecture.catalogue import Entry, Result
from explorer.architecture.costs import Measure, amount, by_kind
from explorer.architecture.image_size import TIMES
from explorer.architecture.published_costs import PublishedCost
from explorer.architecture.structure import Stage
from explorer.views.numbers import printed
from explorer.views.tables import heading, worded
from explorer.views.titles import part_title
from explorer.words import count, label

Row = dict[str, str | int | float | None]


def part_rows(rows: Sequence[Op | Block | Stage], measure: Measure, whole: int) -> list[Row]:
    """What a part consists of; an op's number comes with its product.

    Columns (labels [cost_table]): part, what, output, the measure, share, product.

    Args:
        rows: ops, blocks or stages.
        measure: what the shares and the products are of.
        whole: the network's total, of which shares are percent.
    """
    listed: list[Row] = []
    for row in rows:
        listed.append(
            {
                "part": row.path if isinstance(row, Op) else part_title(row.title),
                "what": _what(row),
                "output": f" {TIMES} ".join(map(str, row.out_shape)),
                measure: amount(row, measure),
                "share": 100 * amount(row, measure) / max(1, whole),
            }
        )
        if isinstance(row, Op):
            listed[-1]["product"] = _product(row, measure)
    return listed


def kind_rows(bp: Blueprint, measure: Measure) -> list[Row]:
    """The network split by kind of op, and the total."""
    whole = amount(bp, measure)
    rows: list[Row] = [
        {
            "kind": label(f"cost_kind.{kind}"),
            measure: value,
            "share": 100 * value / max(1, whole),
        }
        for kind, value in by_kind(bp, measure).items()
    ]
    return [*rows, {"kind": label("cost_table.total"), measure: whole, "share": 100.0}]


def figures_table(results: Sequence[Result]) -> Styler:
    """Published figures of one protocol, as their source prints them."""
    table, metric = "figures_table", label(f"metric.{results[0].figure.metric}")
    tops: tuple[str, ...] = tuple(
        label(f"{table}.{top}", metric=metric) for top in ("top1", "top5")
    )
    frame = pd.DataFrame(
        {
            heading(table, "network"): figure.title,
            tops[0]: figure.top1,
            tops[1]: figure.top5,
            heading(table, "params"): params,
            heading(table, "macs"): macs,
            heading(table, "remarks"): figure.note,
        }
        for figure, params, macs, _ in results
    )
    if frame[tops[1]].isna().all():
        frame, tops = frame.drop(columns=tops[1]), tops[:1]
    # As many digits as the source prints; a missing top-5 stays empty.
    numbers = dict.fromkeys(tops, f"{{:.{_decimals(results)}f}}")
    numbers |= {heading(table, measure): "{:,}" for measure in ("params", "macs")}
    return frame.style.format(numbers, na_rep="")


def printed_table(costs: Iterable[PublishedCost], entries: Iterable[Entry]) -> Styler:
    """What sources print as sizes and costs, beside the exact counts."""
    exact = {entry.preset.name: entry for entry in entries}
    rows = [
        {
            "network": exact[cost.preset].preset.title,
            "printed": label(
                "printed_table.value",
                value=printed(cost.value, cost.step),
                measure=label(f"measure.{cost.quantity}"),
            ),
            "exact": getattr(exact[cost.preset], cost.quantity),
            "reading": label(f"reading.{cost.reading}"),
            "source": f"[{cost.source.name}]({cost.source.url}) {cost.note}".strip(),
        }
        for cost in costs
    ]
    frame = pd.DataFrame(worded(rows, "printed_table"))
    return frame.style.format({heading("printed_table", "exact"): "{:,}"})


def _what(row: Op | Block | Stage) -> str:
    if isinstance(row, Stage):
        return count(len(row.blocks), "block")
    if not isinstance(row, Op):
        kind = row.shortcut.kind if row.shortcut else ""
        return label(f"cost_what.{kind}") if kind else count(len(row.ops), "op")
    what = label(f"op.{row.kind}")
    if row.kind in ("conv", "max_pool"):
        size = f"{row.kernel}{TIMES}{row.kernel}"
        what = label("cost_what.window", window=size, kind=what)
    return label("cost_what.on_shortcut", what=what) if row.on_shortcut else what


def _product(row: Op, measure: Measure) -> str:
    if measure == "activations":
        return f"{'*'.join(map(str, row.out_shape))} = {row.activations:,}"
    return row.params_formula if measure == "params" else row.macs_formula


def _decimals(results: Iterable[Result]) -> int:
    """A source prints all its figures with as many decimals."""
    tops = [top for r in results for top in (r.figure.top1, r.figure.top5) if top is not None]
    return max(len(str(top).partition(".")[2]) for top in tops)
