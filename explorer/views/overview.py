"""A network in one screen: its figures as tiles, published ones as a list."""

from collections.abc import Sequence
from typing import NamedTuple

from explorer.architecture import Blueprint
from explorer.architecture.image_size import short_text
from explorer.architecture.notation import memory, short_count, volume
from explorer.architecture.published import Figure
from explorer.words import count, label


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
    return [
        _tile("depth", count(bp.spec.depth, "layer"), count(blocks, "block")),
        _tile("parameters", short_count(bp.params), f"{bp.params:,}"),
        _tile("MACs", short_count(bp.macs), f"{bp.macs:,}"),
        _tile("weight size", weights, weights_mib),
        _tile("activation memory", written, written_mib),
        _tile(
            "receptive field",
            label("tile.pixels", n=bp.receptive_field),
            label("tile.image", n=short_text(bp.image_size)),
        ),
        _tile(
            "output stride",
            label("tile.pixels", n=bp.output_stride),
            label("tile.last_map", size=volume(bp.feature_op.out_shape)),
        ),
        _accuracy(figures),
    ]


def _tile(term: str, value: str, exact: str) -> Tile:
    return Tile(label(f"tile.{term.replace(' ', '_').lower()}"), value, exact, term)


def published_list(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown list, as their sources print them, with links to these.

    A list, because a table with long sources is wider than a telephone.
    """
    return "\n".join(f"- {_published(figure)}" for figure in figures)


def _published(figure: Figure) -> str:
    how = label(
        "published.figure",
        dataset=figure.dataset,
        protocol=label(f"protocol.{figure.protocol}"),
        source=f"[{figure.source.name}]({figure.source.url})",
        note=figure.note,
    ).strip()
    top1 = _percent(figure, figure.top1)
    if figure.top5 is None:
        return label("published.top1", top1=top1, how=how)
    return label("published.both", top1=top1, top5=_percent(figure, figure.top5), how=how)


def _percent(figure: Figure, value: float) -> str:
    return f"{label(f'metric.{figure.metric}')} {value:.6g}\N{NO-BREAK SPACE}%"


def _accuracy(figures: Sequence[Figure]) -> Tile:
    if not figures:
        return _tile("accuracy", label("tile.none"), label("tile.published"))
    first = figures[0]
    return _tile("accuracy", f"{first.top1_accuracy:.6g} %", first.dataset)
