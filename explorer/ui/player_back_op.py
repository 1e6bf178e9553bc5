"""One op of the player's way back: the gradient behind and before it, and what it does to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.ui.drawing import drawing
from explorer.ui.inference.scene import Scene
from explorer.views.numbers import magnitude
from explorer.views.titles import part_title, stage_title
from explorer.words import label, listed, section

if TYPE_CHECKING:
    from collections.abc import Callable

    from explorer.architecture import Blueprint, Op
    from explorer.experiments.origin.gradient import Backward
    from explorer.experiments.origin.shares import Split


def draw(
    bp: Blueprint,
    op: Op,
    found: Backward,
    scene: Scene,
    go: Callable[[str], None],
    probability: float,
) -> None:
    """What the op does to the gradient; `probability` is that of the class taken for true."""
    split = found.split(bp.block(op.path).path) if op.kind == "add" else None
    if split is not None:
        _addition(bp, op, split, found, go)
        return
    picture, words = st.columns(2, gap="medium", vertical_alignment="center")
    with picture:
        _maps(op, op.inputs[0], found, go)
    with words:
        _counter(bp, op)
        st.header(_sentence(op, scene), anchor=False)
        if op.kind == "linear":
            slope = f"{probability - 1:.4f}".replace("-", "\u2212")
            share = f"{probability:.4f}"
            st.markdown(section("gradient", "back, begins", share=share, slope=slope))
        _facts(bp, op, found)


def _counter(bp: Blueprint, op: Op) -> None:
    number = len(bp.ops) - bp.ops.index(op)
    counter = section("gradient", "counter", number=f"{number:,}", total=f"{len(bp.ops):,}")
    title = part_title(bp.block(op.path).title)
    places = dict.fromkeys((stage_title(bp, op.path), title))
    st.caption(f"{counter} · {' › '.join(places)} › **{op.path}**")


def _maps(op: Op, source_path: str, found: Backward, go: Callable[[str], None]) -> None:
    from explorer.views.walk_back import Seen, picture

    at, source = found.by_path[op.path], found.by_path[source_path]
    reads = "block_reads" if op.kind == "add" else "reads"
    seen = [
        Seen(slope.path, label(f"gradient_walk.{name}"), _length(slope.norm), slope.map)
        for name, slope in ((reads, source), ("writes", at))
    ]
    drawing(
        picture(seen[0], op.path.rsplit(".", 1)[-1], seen[1]),
        key="trace_back",
        for_all=False,
        label=section(
            "gradient",
            "alt of a step",
            op=op.path,
            writes=magnitude(at.norm),
            reads=magnitude(source.norm),
        ),
        choosable=True,
        selected=op.path,
        min_width=360,
        on_choose=go,
    )
    flat = len(op.out_shape) < 3 or op.out_shape[1:] == (1, 1)
    st.caption(section("gradient", "maps, flat" if flat else "maps"))


def _length(norm: float) -> str:
    return label("gradient.op", norm=magnitude(norm))


def _sentence(op: Op, scene: Scene) -> str:
    """What an op of this kind does with a gradient."""
    height, width = op.in_shape[1:] if len(op.in_shape) == 3 else (1, 1)
    numbers: dict[str, object] = {}
    if op.kind == "avg_pool":
        numbers = {"cells": height * width}
    elif op.kind == "linear":
        numbers = {"classes": len(scene.classes)}
    elif op.kind == "pad":
        numbers = {"stride": op.stride}
    return section("gradient", f"back {op.kind}", **numbers)


def _facts(bp: Blueprint, op: Op, found: Backward) -> None:
    """The gradient's length before and behind the op, and which values get none of it."""
    from explorer.experiments.origin.feeds import readers

    at = found.by_path[op.path]
    lines = [
        section(
            "gradient",
            "length, writes" if at.silent else "length, writes all",
            path=op.path,
            norm=magnitude(at.norm),
            values=op.activations,
            silent=f"{at.silent:.0%}",
        )
    ]
    for path in op.inputs:
        slope = found.by_path[path]
        others = [one.path for one in readers(bp, path) if one.path != op.path]
        values = {"path": path, "norm": magnitude(slope.norm)}
        if others:
            also = listed(others)
            lines.append(section("gradient", "length, shared", others=also, **values))
        else:
            ratio = magnitude(slope.norm / at.norm) if at.norm else "0"
            lines.append(section("gradient", "length, reads", ratio=ratio, **values))
    st.markdown("\n".join(lines))


def _addition(
    bp: Blueprint, op: Op, split: Split, found: Backward, go: Callable[[str], None]
) -> None:
    """The one place where the way forks: both parts with their numbers."""
    from explorer.ui.inference import gradient_block

    block = bp.block(op.path)
    _counter(bp, op)
    st.header(section("gradient", "back add"), anchor=False)
    gradient_block.picture(block, split, None)
    st.markdown(gradient_block.sentence(bp, block, split))
    assert block.shortcut is not None
    picture, words = st.columns(2, gap="medium", vertical_alignment="center")
    with picture:
        _maps(op, block.shortcut.source, found, go)
    with words:
        _facts(bp, op, found)
