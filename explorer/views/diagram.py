"""The whole network as a diagram: stages side by side, or one chain."""

from collections.abc import Container

from explorer.architecture import Blueprint
from explorer.views import legend
from explorer.views.diagram_chain import Chain
from explorer.views.diagram_measures import Layout
from explorer.views.folding import groups
from explorer.views.sheet import Sheet
from explorer.words import label


def sheet(bp: Blueprint, layout: Layout = "stages", unfold: Container[str] = ()) -> Sheet:
    """The network from image to head, as DOT.

    Args:
        bp: the network.
        layout: "stages" sets the stages side by side and reads each downwards; "vertical" and
            "horizontal" draw one chain.
        unfold: paths of the stages (`layer3`) whose equal blocks are drawn one by one.
    """
    shown = [groups(stage, stage.path in unfold) for stage in bp.stages]
    chain = Chain(bp, layout)
    chain.begin()
    for stage, nodes in zip(bp.stages, shown, strict=True):
        chain.stage(stage, nodes)
    head = "head_preact" if len(bp.head.ops) > 4 else "head"
    chain.part(bp.head, [bp.head.title, label(f"drawn_network.{head}")])
    at = (0.0, 64.0) if chain.horizontal else (chain.m.across / 2 + 44, 6.0)
    legend.draw(chain.sheet, bp, at, any(group.like for nodes in shown for group in nodes))
    return chain.sheet
