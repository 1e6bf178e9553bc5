"""Two networks side by side, in sentences: how much differs, which choices, and why."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from explorer.architecture.alignment import Alignment, matters
from explorer.architecture.causes import Cause, causes
from explorer.architecture.costs import MEASURES, Measure, amount
from explorer.architecture.notation import signed, signed_share, volume, window
from explorer.architecture.ops import Op
from explorer.architecture.structure import Block
from explorer.lessons.sentences import USUAL_EPS
from explorer.words import count, has_label, label, section, sections


class Titles(NamedTuple):
    """What the two networks are called."""

    left: str
    right: str


def lead(one: Alignment, titles: Titles) -> str:
    """How many parameters, MACs and activations more or fewer, and most of why."""
    if not one.differs and not one.fields:
        return section("compare", "equal")
    told = [_compared(one, measure, titles) for measure in MEASURES]
    return " ".join(told)


def _compared(one: Alignment, measure: Measure, titles: Titles) -> str:
    difference = one.difference(measure)
    trend = "same" if not difference else "more" if difference > 0 else "fewer"
    before = amount(one.left, measure)
    return section(
        "compare",
        f"{measure} {trend}",
        left=titles.left,
        right=titles.right,
        before=f"{before:,}",
        after=f"{amount(one.right, measure):,}",
        difference=f"{abs(difference):,}",
        share=signed_share(difference, before),
    )


def main_reason(one: Alignment, titles: Titles) -> str | None:
    """The cause of most of the difference in MACs, or in parameters where no MACs differ."""
    measures: tuple[tuple[Measure, str, str], ...] = (
        ("macs", "because", "because all"),
        ("params", "because params", "because all params"),
    )
    for measure, most_of_it, all_of_it in measures:
        found = [cause for cause in causes(one) if getattr(cause, measure)]
        if found:
            most = max(found, key=lambda cause: abs(getattr(cause, measure)))
            title = all_of_it if len(found) == 1 else most_of_it
            difference = signed(getattr(most, measure))
            told = section("compare", title, amount=difference, sentence=_cause(most, titles))
            moves = getattr(most, f"moves_{measure}")
            if moves == most.blocks:
                return told
            which = count(moves, "block" if most.residual else "part_of_network")
            return f"{told} {section('compare', f'only some move {measure}', blocks=which)}"
    return None


class Differing(NamedTuple):
    """A choice of both specs in words: what each has, and what follows from that."""

    told: str
    follows: str


def choices(one: Alignment) -> list[Differing]:
    """Which choices of the two specs differ and decide something, and what follows from each."""
    return [
        Differing(
            section(
                "compare",
                "choice",
                field=label(f"{field}.label"),
                before=value_told(field, one.left.spec.usual(field)),
                after=value_told(field, one.right.spec.usual(field)),
            ),
            sections("compare").get(f"choice {field}", ""),
        )
        for field in one.fields
        if matters(field, one.left.spec, one.right.spec)
    ]


def value_told(field: str, value: object) -> str:
    """A field's value as the sidebar words it."""
    if isinstance(value, bool) or (field == "se_ratio" and not value):
        return label(f"answer.{'yes' if value else 'no'}")
    if isinstance(value, tuple):
        return label("list.comma").join(map(str, value))
    if isinstance(value, str) and has_label(f"{field}.{value}"):
        return label(f"{field}.{value}")
    return f"{value:,}" if isinstance(value, int) else str(value)


def reasons(one: Alignment, titles: Titles) -> list[str]:
    """Each cause with what it makes of the totals; together they are the whole difference."""
    totals = {measure: amount(one.left, measure) for measure in MEASURES}
    return [
        f"{_cause(cause, titles)} {section('compare', 'amounts', **_amounts(cause, totals))}"
        for cause in causes(one)
    ]


def _amounts(cause: Cause, totals: Mapping[Measure, int]) -> dict[str, str]:
    found: dict[str, str] = {}
    for measure, total in totals.items():
        difference: int = getattr(cause, measure)
        share = signed_share(difference, total)
        found[measure] = (
            label("compare.amount", difference=signed(difference), share=share)
            if difference
            else "0"
        )
    return found


def _cause(cause: Cause, titles: Titles) -> str:
    pair, ops = cause.example
    alone_left = ops.right is None
    values: dict[str, Any] = {
        "blocks": count(cause.blocks, "block" if cause.residual else "part_of_network"),
        "block": _title(pair.one),
        "network": titles.left if alone_left else titles.right,
        "op": op_told(ops.one),
    }
    if ops.left is not None and ops.right is not None:
        values |= {"before": op_told(ops.left), "after": op_told(ops.right)}
    if cause.id == "zeros" and ops.left is not None and ops.right is not None:
        values |= {"before": ops.left.zeros_before, "after": ops.right.zeros_before}
    if cause.id == "eps" and ops.left is not None and ops.right is not None:
        values |= {"before": f"{ops.left.eps:g}", "after": f"{ops.right.eps:g}"}
    if cause.id == "carries":
        values |= {"before": _carried(pair.left), "after": _carried(pair.right)}
    if cause.id == "shortcut":
        values |= {"before": _shortcut(pair.left), "after": _shortcut(pair.right)}
    return section("compare", f"cause {cause.id}", **values)


def _title(block: Block) -> str:
    return block.title if block.shortcut else label(f"part.{block.title}")


def _carried(block: Block | None) -> str:
    inside = block is not None and block.shortcut_inside
    return label("compare.carries_activation" if inside else "compare.carries_input")


def _shortcut(block: Block | None) -> str:
    kind = block.shortcut.kind if block and block.shortcut else "none"
    return label("line.none") if kind == "none" else label(f"shortcut_kind.{kind}")


def op_told(op: Op) -> str:
    """An op in a few words: its name, its window, and what it reads and writes."""
    what = window(op) if op.kind in ("conv", "max_pool") else label(f"op.{op.kind}")
    told = label(
        "compare.op",
        op=".".join(op.path.split(".")[2:]) if op.path.startswith("layer") else op.path,
        what=what,
        before=volume(op.in_shape),
        after=volume(op.out_shape),
    )
    if op.groups > 1:
        told = label("compare.op_grouped", op=told, groups=count(op.groups, "group"))
    if op.bias and op.kind == "conv":
        told = label("compare.op_biased", op=told)
    if op.normalises and op.eps != USUAL_EPS:
        told = label("compare.op_eps", op=told, eps=f"{op.eps:g}")
    if op.kind == "pad":
        after = op.out_shape[0] - op.in_shape[0] - op.zeros_before
        told = label("compare.op_zeros", op=told, before=op.zeros_before, after=after)
    return told
