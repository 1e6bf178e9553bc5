"""One block of the way back: the picture, its sentence, its ops, the derivation and the proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.ui.drawing import drawing
from explorer.ui.inference import gradient_cache as kept
from explorer.ui.inference.scene import Scene
from explorer.views.numbers import magnitude, readable
from explorer.words import label, section

if TYPE_CHECKING:
    from explorer.architecture import Block, Blueprint
    from explorer.experiments.origin.gradient import Backward
    from explorer.experiments.origin.shares import Split


def addition(
    scene: Scene,
    state: str,
    bp: Blueprint,
    residual: Backward,
    plain: Backward | None,
    block: Block,
) -> None:
    """Show what happens at this block's addition, and in the plain twin."""
    split = residual.split(block.path)
    assert split is not None and block.shortcut is not None
    twin = kept.blueprint_of(scene, state, plain=True).block(block.path)
    below = None
    if plain is not None:
        # Where the shortcut would read; a plain pre-activation network has no addition there.
        source = block.shortcut.source
        below = plain.norms.get(source, plain.norms[twin.ops[0].inputs[0]])
    picture(block, split, below)
    st.markdown(sentence(bp, block, split))
    if plain is not None and below is not None:
        arriving = magnitude(plain.norms[twin.ops[-1].path])
        numbers = {"plain": magnitude(below), "plain_arriving": arriving}
        st.markdown(section("gradient", "in the twin", **numbers))


def details(
    scene: Scene, state: str, target: int, bp: Blueprint, residual: Backward, block: Block
) -> None:
    """The block op by op, the derivation, batch norm's way back, a weight tried."""
    split = residual.split(block.path)
    assert split is not None
    _ops(block, residual)
    with st.expander(label("gradient.board")):
        _derivation(bp, block, split)
    norms = [op for op in block.ops if op.kind == "batch_norm"]
    if norms:
        with st.expander(label("gradient.norm"), key="gradient_norm", on_change="rerun") as opened:
            if opened.open:
                _norm(scene, state, target, norms[0].path)
    if st.toggle(label("gradient.finite"), key="gradient_finite"):
        _finite(scene, state, target, block)


def picture(block: Block, split: Split, below: float | None) -> None:
    """Draw the addition; `below` is the length at the plain twin's input, where it is shown."""
    from explorer.views import gradient_charts

    assert block.shortcut is not None
    numbers = {
        name: magnitude(value)
        for name, value in (
            ("arriving", split.arriving),
            ("main", split.main),
            ("skip", split.skip),
            ("whole", split.whole),
        )
    }
    drawing(
        gradient_charts.block(split, block.shortcut.kind, below),
        key="gradient_picture",
        for_all=False,
        label=section("gradient", "alt of a block", title=block.title, **numbers),
        min_width=560,
    )


def sentence(bp: Blueprint, block: Block, split: Split) -> str:
    """What happened to the gradient at this addition."""
    assert block.shortcut is not None
    if split.silence:
        return section(
            "gradient",
            f"one block, silent {split.silence}",
            title=block.title,
            arriving=magnitude(split.arriving),
            skip=magnitude(split.skip),
            main=magnitude(split.main),
        )
    kind: str = block.shortcut.kind
    if kind == "projection" and bp.spec.norm != "none" and bp.spec.norm_on_projection:
        kind = "projection with norm"
    return section(
        "gradient",
        f"one block, {kind}",
        title=block.title,
        share=f"{split.share:.0%}",
        arriving=magnitude(split.arriving),
        skip=magnitude(split.skip),
        main=magnitude(split.main),
        whole=magnitude(split.whole),
        cosine=f"{split.cosine:.2f}".replace("-", "\u2212"),
        left=f"{split.left:.0%}",
    )


def _ops(block: Block, found: Backward) -> None:
    """The block's ops from right to left, with the map and the length of each gradient."""
    from explorer.views.inference_pictures import film_strip
    from explorer.views.origin.maps import as_picture

    frames = [
        (op.path, label("gradient.op", norm=magnitude(slope.norm)), as_picture(slope.map))
        for op in reversed(block.ops)
        if (slope := found.by_path.get(op.path))
    ]
    words = section("gradient", "ops", title=block.title)
    st.write(words)
    drawing(
        film_strip(frames, columns=6, side=132),
        key="gradient_ops",
        for_all=False,
        label=words.replace("**", ""),
        min_width=700,
    )


def _derivation(bp: Blueprint, block: Block, split: Split) -> None:
    from explorer.views import gradient_formulas

    assert block.shortcut is not None
    st.write(section("gradient", "derivation"))
    for line in gradient_formulas.block(split, block.shortcut.kind):
        st.latex(line)
    if bp.spec.activation_order == "post":
        st.caption(section("gradient", "derivation, relu"))


def _norm(scene: Scene, state: str, target: int, path: str) -> None:
    from explorer.views import gradient_formulas
    from explorer.views.numbers import plain as number

    told, (channel, row, column) = kept.norm_backward(scene, state, False, target, path)
    at = {"channel": channel, "row": row, "column": column}
    numbers = {"mean": number(told.mean), "variance": number(told.variance), "count": told.count}
    st.write(section("gradient", "norm", path=path, **at, **numbers))
    if told.in_eval is not None:
        st.write(section("gradient", "norm, eval", dx=f"`{readable(f'{told.in_eval:.6g}')}`"))
    for line in gradient_formulas.norm(told):
        st.latex(line)
    st.caption(
        section(
            "gradient",
            "norm proof",
            theirs=readable(f"{told.theirs:.8g}"),
            residue=magnitude(told.residue),
            d_gamma=readable(f"{told.d_gamma:.6g}"),
            d_beta=readable(f"{told.d_beta:.6g}"),
            count=told.count,
        )
    )


def _finite(scene: Scene, state: str, target: int, block: Block) -> None:
    name = next(op.path for op in block.ops if op.kind == "conv")
    with st.spinner(label("gradient.running")):
        tried = kept.finite_difference(scene, state, False, target, f"{name}.weight")
    st.caption(
        section(
            "gradient",
            "finite",
            name=tried.name,
            index=str(list(tried.index)),
            weight=readable(f"{tried.weight:.6g}"),
            step=readable(f"{tried.step:.0e}"),
            quotient=readable(f"{tried.difference_quotient:.8g}"),
            slope=readable(f"{tried.slope:.8g}"),
            relative=magnitude(tried.relative),
        )
    )
