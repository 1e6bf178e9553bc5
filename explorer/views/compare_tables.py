"""Two networks in numbers: rows of blocks or ops that sum to the totals, figures side by side."""

from collections.abc import Container, Sequence
from typing import Final

from explorer.architecture import Blueprint
from explorer.architecture.alignment import Alignment, BlockPair, OpPair
from explorer.architecture.costs import MEASURES, Measure, amount
from explorer.architecture.notation import signed, signed_share, volume, window
from explorer.architecture.ops import Op
from explorer.architecture.published import Figure
from explorer.architecture.structure import Block
from explorer.views import tables
from explorer.views.compare_rows import Row, differs_told, rows
from explorer.views.tables import heading, markdown_row
from explorer.words import count, label

TABLE: Final = "compare_table"
FIGURES: Final = "compare_figures"
Cells = dict[str, str | int]


def block_rows(
    one: Alignment, unfold: Container[str] = (), measures: Sequence[Measure] = MEASURES
) -> list[Cells]:
    """One row for each drawn one, and the totals; runs of equal pairs are summed in theirs.

    Columns (labels [compare_table]): left, right, differs, and of each measure NAME_left,
    NAME_right and NAME, the difference.
    """
    found = [
        _numbers(
            {
                "left": _name(row, row.first.left),
                "right": _name(row, row.first.right),
                "differs": _words(row.first),
            },
            {m: _sums(row, m) for m in measures},
        )
        for part in one.parts
        for row in rows(part, unfold, most=None)
    ]
    return [*found, _total(one, measures)]


def op_rows(one: Alignment, measures: Sequence[Measure] = MEASURES) -> list[Cells]:
    """Every op of both side by side, and the totals."""
    found = [row for pair in one.pairs for row in pair_rows(pair, measures)]
    return [*found, _total(one, measures)]


def pair_rows(
    pair: BlockPair, measures: Sequence[Measure] = MEASURES, short: bool = False
) -> list[Cells]:
    """The ops of two blocks side by side; `short` leaves the blocks out of the ops' names."""
    return [
        _numbers(
            {
                "left": _op(ops.left, short),
                "right": _op(ops.right, short),
                "differs": _of_ops(ops),
            },
            {m: (_amount(ops.left, m), _amount(ops.right, m)) for m in measures},
        )
        for ops in pair.ops
    ]


def _numbers(cells: Cells, both: dict[Measure, tuple[int, int]]) -> Cells:
    for measure, (before, after) in both.items():
        cells |= {
            f"{measure}_left": before,
            f"{measure}_right": after,
            measure: after - before,
        }
    return cells


def _total(one: Alignment, measures: Sequence[Measure]) -> Cells:
    words: Cells = {"left": heading(TABLE, "total"), "right": "", "differs": ""}
    both = {m: (amount(one.left, m), amount(one.right, m)) for m in measures}
    return _numbers(words, both)


def _sums(row: Row, measure: Measure) -> tuple[int, int]:
    return (
        sum(_amount(pair.left, measure) for pair in row.pairs),
        sum(_amount(pair.right, measure) for pair in row.pairs),
    )


def _amount(of: Op | Block | None, measure: Measure) -> int:
    return 0 if of is None else amount(of, measure)


def _name(row: Row, block: Block | None) -> str:
    return "" if block is None else row.title_of(block)


def _words(pair: BlockPair) -> str:
    return label("list.comma").join(differs_told(pair)) if pair.differs else ""


def _of_ops(ops: OpPair) -> str:
    if ops.left is None or ops.right is None:
        return label(f"compare.only_{'right' if ops.left is None else 'left'}")
    return label("list.comma").join(label(f"aspect.{aspect}") for aspect in ops.differs)


def _op(op: Op | None, short: bool) -> str:
    if op is None:
        return ""
    name = op.path
    if short and name.startswith("layer"):
        name = ".".join(name.split(".")[2:])
    if op.kind not in ("conv", "max_pool"):
        return label("named.like", name=name, what=volume(op.out_shape))
    what = label("compare.convolution", window=window(op), channels=volume(op.out_shape))
    if op.groups > 1:
        what = label("compare.grouped", convolution=what, groups=count(op.groups, "group"))
    return label("named.like", name=name, what=what)


def csv_text(table: Sequence[Cells]) -> str:
    """The rows as CSV, their columns worded."""
    return tables.csv_text(table, TABLE)


def markdown(table: Sequence[Cells]) -> str:
    """The rows as a Markdown table, numbers to the right and differences with their signs."""
    columns = list(table[0])
    numeric = [column for column in columns if isinstance(table[0][column], int)]
    lines = [
        _line([heading(TABLE, column) for column in columns]),
        _line(["---:" if column in numeric else "---" for column in columns]),
    ]
    for row in table:
        lines.append(_line([_cell(column, value) for column, value in row.items()]))
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return markdown_row([cell.replace("|", "/") for cell in cells])


def _cell(column: str, value: str | int) -> str:
    if isinstance(value, str):
        return value
    return signed(value) if column in MEASURES else f"{value:,}"


def figures(
    one: Alignment, published: tuple[Sequence[Figure], Sequence[Figure]]
) -> list[dict[str, str]]:
    """Both networks' figures and what is published of them.

    Columns: figure, left, right, difference, and of what is published the protocol; all words.
    """
    rows = []
    for name, (before, after) in _figures(one).items():
        share = signed_share(after - before, before)
        difference = label("compare.amount", difference=signed(after - before), share=share)
        shown = difference if after != before else "0"
        rows.append(_figure(heading(FIGURES, name), f"{before:,}", f"{after:,}", shown))
    return [*rows, *_published(published)]


def _figure(
    name: str, left: str, right: str, difference: str, protocol: str = ""
) -> dict[str, str]:
    row = {"figure": name, "left": left, "right": right, "difference": difference}
    return row | {"protocol": protocol}


def _figures(one: Alignment) -> dict[str, tuple[int, int]]:
    def both(of: Blueprint) -> dict[str, int]:
        return {
            "depth": of.spec.depth,
            "blocks": len(of.blocks),
            "params": of.params,
            "macs": of.macs,
            "activations": of.activations,
            "receptive_field": of.receptive_field,
            "output_stride": of.output_stride,
            **({"image_size": of.in_shape[1]} if square else {}),
        }

    square = all(isinstance(of.image_size, int) for of in (one.left, one.right))
    left, right = both(one.left), both(one.right)
    return {name: (left[name], right[name]) for name in left}


def _published(both: tuple[Sequence[Figure], Sequence[Figure]]) -> list[dict[str, str]]:
    """A row for each protocol; of several figures of one network the best known."""
    first: list[dict[str, Figure]] = [{}, {}]
    for found, figures_of_one in zip(first, both, strict=True):
        for figure in figures_of_one:
            found.setdefault(figure.protocol, figure)
    rows = []
    for protocol in dict.fromkeys((*first[0], *first[1])):
        left, right = (found.get(protocol) for found in first)
        known = left or right
        assert known is not None
        name = label("compare_figures.published", metric=label(f"metric.{known.metric}"))
        difference = ""
        if left and right:
            points = f"{right.top1 - left.top1:+.2f}".replace("-", "\N{MINUS SIGN}")
            difference = label("compare_figures.points", n=points)
        told = label(f"protocol.{protocol}")
        rows.append(_figure(name, _percent(left), _percent(right), difference, told))
    return rows


def _percent(figure: Figure | None) -> str:
    return "" if figure is None else f"{figure.top1:.6g}\N{NO-BREAK SPACE}%"
