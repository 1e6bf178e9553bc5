"""Costs and published figures as rows; the keys of a row are the titles of its columns."""

from collections.abc import Iterable, Sequence

import pandas as pd
from pandas.io.formats.style import Styler

from explorer.architecture import Block, Blueprint, Op
from explorer.architecture.catalogue import Entry, Result
from explorer.architecture.costs import Measure, amount, by_kind
from explorer.architecture.ops import Stage
from explorer.architecture.published_costs import PublishedCost
from explorer.views.numbers import printed
from explorer.views.titles import part_title
from explorer.words import label

Row = dict[str, str | int | float | None]


def part_rows(rows: Sequence[Op | Block | Stage], measure: Measure, whole: int) -> list[Row]:
    """What a part consists of; an op's number comes with its product.

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
                "output (C, H, W)": " x ".join(map(str, row.out_shape)),
                measure: amount(row, measure),
                "share, %": 100 * amount(row, measure) / max(1, whole),
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
            "kind of op": label(f"cost_kind.{kind}"),
            measure: value,
            "share, %": 100 * value / max(1, whole),
        }
        for kind, value in by_kind(bp, measure).items()
    ]
    return [*rows, {"kind of op": "total", measure: whole, "share, %": 100.0}]


def figures_table(results: Sequence[Result]) -> Styler:
    """Published figures of one protocol, as their source prints them."""
    metric = label(f"metric.{results[0].figure.metric}")
    tops: tuple[str, ...] = (f"Top-1 {metric}, %", f"Top-5 {metric}, %")
    frame = pd.DataFrame(
        {
            "Network": figure.title,
            tops[0]: figure.top1,
            tops[1]: figure.top5,
            "Parameters": params,
            "MACs": macs,
            "Remarks": figure.note,
        }
        for figure, params, macs, _ in results
    )
    if frame[tops[1]].isna().all():
        frame, tops = frame.drop(columns=tops[1]), tops[:1]
    # As many digits as the source prints; a missing top-5 stays empty.
    numbers = dict.fromkeys(tops, f"{{:.{_decimals(results)}f}}")
    numbers |= {"Parameters": "{:,}", "MACs": "{:,}"}
    return frame.style.format(numbers, na_rep="")


def printed_table(costs: Iterable[PublishedCost], entries: Iterable[Entry]) -> Styler:
    """What sources print as sizes and costs, beside the exact counts."""
    exact = {entry.preset.name: entry for entry in entries}
    frame = pd.DataFrame(
        {
            "Network": exact[cost.preset].preset.title,
            "Printed": f"{printed(cost.value, cost.step)} {label(f'measure.{cost.quantity}')}",
            "Exact": getattr(exact[cost.preset], cost.quantity),
            "Printed number is": label(f"reading.{cost.reading}"),
            "Source and remarks": f"[{cost.source.name}]({cost.source.url}) {cost.note}".strip(),
        }
        for cost in costs
    )
    return frame.style.format({"Exact": "{:,}"})


def _what(row: Op | Block | Stage) -> str:
    if isinstance(row, Op):
        kind = "ReLU" if row.kind == "relu" else row.kind.replace("_", " ")
        kernel = f"{row.kernel}x{row.kernel} " if row.kind in ("conv", "max_pool") else ""
        return f"{kernel}{kind}" + (", shortcut" if row.on_shortcut else "")
    if isinstance(row, Stage):
        return f"{len(row.blocks)} block{'s' if len(row.blocks) > 1 else ''}"
    return f"{row.shortcut.kind} shortcut" if row.shortcut else f"{len(row.ops)} ops"


def _product(row: Op, measure: Measure) -> str:
    if measure == "activations":
        return f"{'*'.join(map(str, row.out_shape))} = {row.activations:,}"
    return row.params_formula if measure == "params" else row.macs_formula


def _decimals(results: Iterable[Result]) -> int:
    """A source prints all its figures with as many decimals."""
    printed = [top for r in results for top in (r.figure.top1, r.figure.top5) if top is not None]
    return max(len(str(top).partition(".")[2]) for top in printed)
