"""A network in one screen: its figures as tiles, published ones as a table."""

from collections.abc import Sequence
from typing import NamedTuple

from explorer.architecture import Blueprint
from explorer.architecture.notation import memory, short_count, volume
from explorer.architecture.published import Figure
from explorer.words import label


class Tile(NamedTuple):
    """One figure: short, then exact; `term` is the glossary's."""

    label: str
    value: str
    exact: str
    term: str


def tiles(bp: Blueprint, figures: Sequence[Figure]) -> list[Tile]:
    """What one asks first of a network; `figures` are the published ones, best known first."""
    blocks = len(bp.blocks)
    weights, weights_mib = memory(bp.params)
    written, written_mib = memory(bp.activations)
    size = f"{bp.image_size:,}"
    last = volume(bp.feature_op.out_shape)
    return [
        Tile("Depth", f"{bp.spec.depth:,} layers", f"{blocks:,} blocks", "depth"),
        Tile("Parameters", short_count(bp.params), f"{bp.params:,}", "parameters"),
        Tile("MACs", short_count(bp.macs), f"{bp.macs:,}", "MACs"),
        Tile("Weights", weights, weights_mib, "weight size"),
        Tile("Activations", written, written_mib, "activation memory"),
        Tile(
            "Receptive field", f"{bp.receptive_field:,} px", f"image {size} px", "receptive field"
        ),
        Tile("Output stride", f"{bp.output_stride} px", f"last map {last}", "output stride"),
        _accuracy(figures),
    ]


def published_table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table, as their sources print them, with links to these."""
    rows = ["| Top-1 | Top-5 | Measured how, and by whom |", "|---|---|---|"]
    for figure in figures:
        top5 = "" if figure.top5 is None else _percent(figure, figure.top5)
        source = f"[{figure.source.name}]({figure.source.url})"
        note = f" {figure.note}" if figure.note else ""
        how = f"{figure.dataset}: {label(f'protocol.{figure.protocol}')}. {source}.{note}"
        rows.append(f"| {_percent(figure, figure.top1)} | {top5} | {how} |")
    return "\n".join(rows)


def _percent(figure: Figure, value: float) -> str:
    return f"{label(f'metric.{figure.metric}')} {value:.6g}\N{NO-BREAK SPACE}%"


def _accuracy(figures: Sequence[Figure]) -> Tile:
    if not figures:
        return Tile("Top-1 accuracy", "none", "published", "accuracy")
    first = figures[0]
    return Tile("Top-1 accuracy", f"{first.top1_accuracy:.6g} %", first.dataset, "accuracy")
