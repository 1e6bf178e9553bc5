"""The player's other direction: the loss of one class on its way back, op by op."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.experiments.inference_setup import UNTRAINED
from explorer.experiments.samples import samples
from explorer.experiments.work import TooMuch
from explorer.ui import chart, controls, gate, navigation
from explorer.ui.cache import network_of, usable_device
from explorer.ui.drawing import drawing
from explorer.ui.inference import cache, upload
from explorer.ui.inference import gradient_cache as kept
from explorer.ui.inference.answer import overflow, scene_of
from explorer.ui.inference.grad_cam import choose_true_class
from explorer.ui.inference.scene import Chosen, Loaded, Scene, setups_of
from explorer.ui.inference.two_networks import weights_of
from explorer.ui.picker import Choice
from explorer.views.numbers import magnitude
from explorer.views.titles import part_title, stage_title
from explorer.words import label, listed, section

if TYPE_CHECKING:
    from collections.abc import Callable

    from explorer.architecture import Blueprint, Op
    from explorer.experiments.origin.gradient import Backward
    from explorer.experiments.origin.shares import Split

PICTURE: Final = "trace_picture"
CLASS: Final = "trace_class"
_OWN: Final = "own"
_FIRST: Final = "cat"


def draw(choice: Choice, bp: Blueprint, op: Op, go: Callable[[str], None]) -> None:
    """The gradient at one op, and what the op does to it; a click leads on by `go`."""
    try:
        _draw(choice, bp, op, go)
    except TooMuch as problem:
        gate.refused(problem)


def _draw(choice: Choice, bp: Blueprint, op: Op, go: Callable[[str], None]) -> None:
    left, right, said = st.columns([3, 4, 6], vertical_alignment="bottom")
    with left:
        chosen = _picture()
    scene = scene_of(choice, _loaded(choice), chosen)
    prediction = cache.prediction(scene)
    if not prediction.finite:
        st.warning(overflow(scene), icon=":material/error:")
        return
    with right:
        target = choose_true_class(scene, prediction, CLASS)
    with st.spinner(label("gradient.running")):
        found = kept.backward(scene, kept.ABOVE, kept.is_plain(scene), target)
    if not found.finite:
        st.warning(section("gradient", "overflow back"), icon=":material/error:")
        return
    guess = prediction.guess(target)
    with said:
        weights = "trained" if scene.trained else "untrained"
        numbers = {"name": guess.name, "share": f"{guess.probability:.1%}"}
        st.caption(section("gradient", f"walk, {weights}", loss=magnitude(found.loss), **numbers))
    _op(bp, op, found, scene, go, guess.probability)
    _whole(bp, found, bp.block(op.path).path, go)
    _further(bp, op, chosen, target)


def _picture() -> Chosen:
    """Draw the choice of the picture; what is chosen."""
    from explorer.experiments.images import PictureError

    mine = upload.uploaded()
    shown = [*samples(), *([_OWN] if mine else [])]
    name = controls.choice(
        PICTURE,
        shown,
        default=_FIRST,
        kind="select",
        shown=lambda one: label(f"{PICTURE}.own") if one == _OWN else one,
    )
    if name == _OWN:
        try:
            return upload.of_file(mine[-1])
        except PictureError as error:
            words = section("inference", "sample instead", problem=error)
            st.error(words, icon=":material/broken_image:")
            name = _FIRST
    return upload.of_sample(samples()[name])


def _loaded(choice: Choice) -> Loaded:
    """Trained weights of this network where they are here, else those it is initialised with."""
    device = usable_device(choice.device).id
    found = weights_of(choice, device)
    if found is not None:
        return found
    setup = setups_of(None if choice.customised else choice.name, choice.spec)[UNTRAINED]
    network = partial(network_of, choice.spec, device)
    return Loaded(f"untrained {choice.spec} {device}", setup, device, network, False)


# --- one op -------------------------------------------------------------------------------------


def _op(
    bp: Blueprint,
    op: Op,
    found: Backward,
    scene: Scene,
    go: Callable[[str], None],
    probability: float,
) -> None:
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


# --- the whole way ------------------------------------------------------------------------------


def _whole(bp: Blueprint, found: Backward, here: str, go: Callable[[str], None]) -> None:
    """A bar for each block's share, and the gradient's length at each block, to choose from."""
    from explorer.views import gradient_charts

    titles = {block.path: block.title for block in bp.blocks}
    last = {block.path: block.ops[-1].path for block in bp.blocks}
    added = {
        block.path: next((op.path for op in block.ops if op.kind == "add"), last[block.path])
        for block in bp.blocks
    }

    def choose(points: list[chart.Point]) -> None:
        data = points[0].get("customdata") if points else None
        path = data[0] if isinstance(data, list) else data
        if path in titles:
            go(added[path])

    left, right = st.columns(2, gap="medium")
    if found.splits:
        with left:
            chart.show(
                chart.drawn(gradient_charts.shares, found.splits, titles, here),
                f"trace_shares_{here}",
                alt=section("gradient", "alt of shares"),
                choosable=True,
                on_choose=choose,
            )
            st.caption(section("gradient", "share help"))
    with right if found.splits else left:
        norms = {path: found.norms[op] for path, op in last.items()}
        residual, plain = (norms, None) if found.splits else ({}, norms)
        chart.show(
            chart.drawn(gradient_charts.norms, residual, plain, titles),
            f"trace_norms_{here}",
            alt=section("gradient", "alt of norms"),
            choosable=True,
            on_choose=choose,
        )


def _further(bp: Blueprint, op: Op, chosen: Chosen, target: int) -> None:
    """To the same block beside its plain twin, at initialisation, with the derivation."""
    query: dict[str, str | list[str]] = {"infer_view": "gradient", "gradient_class": str(target)}
    block = bp.block(op.path)
    if block.shortcut is not None:
        query["gradient_block"] = block.path
    if chosen.sample is not None and chosen.sample.name != _FIRST:
        query["infer_sample"] = chosen.sample.name
    page = next(page for page in navigation.pages() if page.url_path == "inference")
    st.page_link(
        page,
        label=label("gradient.from_walk"),
        icon=":material/undo:",
        query_params={**controls.carried("inference"), **query},
    )
