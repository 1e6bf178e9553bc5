"""Where the gradient goes: back through the network, split in two at every addition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.experiments.work import TooMuch
from explorer.ui import chart, controls
from explorer.ui.inference import cache, gradient_block
from explorer.ui.inference import gradient_cache as kept
from explorer.ui.inference.answer import allowed, overflow
from explorer.ui.inference.grad_cam import choose_true_class
from explorer.ui.inference.scene import Scene
from explorer.views.numbers import magnitude
from explorer.words import label, listed, section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from explorer.architecture import Block, Blueprint
    from explorer.experiments.origin.gradient import Backward

_BLOCK: Final = "gradient_block"


@st.fragment
def draw(scene: Scene) -> None:
    """The gradient of one class from right to left, and what happens at one addition."""
    # In here: what a part of a page raises never reaches the page.
    allowed(_draw, scene)


def _draw(scene: Scene) -> None:
    st.caption(section("gradient", "lead"))
    prediction = cache.prediction(scene)
    if not prediction.finite:
        st.warning(overflow(scene), icon=":material/error:")
        return
    left, right = st.columns([3, 2])
    with left:
        state = controls.choice("gradient_state", kept.states(scene), kind="pills")
    with right:
        target = choose_true_class(scene, prediction, "gradient_class")
    found = _passes(scene, state, target)
    if found is None:
        return
    residual, plain = found
    bp = kept.blueprint_of(scene, state, plain=False)
    st.write(
        section(
            "gradient",
            "loss",
            state=section("gradient", f"state {state}"),
            name=scene.classes[target],
            loss=magnitude((plain if kept.is_plain(scene) and plain else residual).loss),
            picture=magnitude(residual.norms["input"]),
        )
    )
    if kept.is_plain(scene):
        st.info(section("gradient", "no additions"))
    block = _choose(bp)
    gradient_block.addition(scene, state, bp, residual, plain, block)
    _charts(bp, residual, plain, block)
    gradient_block.details(scene, state, target, bp, residual, block)
    st.markdown(" ".join(_follows(bp, residual, plain)))
    worst = max(one.residue / one.whole if one.whole else 0.0 for one in residual.splits)
    st.caption(
        section(
            "gradient", "proof", additions=len(residual.splits), residue=magnitude(worst)
        )
    )  # fmt: skip


def _passes(scene: Scene, state: str, target: int) -> tuple[Backward, Backward | None] | None:
    """With shortcuts, and the plain twin where there is one; None where nothing can be shown."""
    found: list[Backward | None] = []
    with st.spinner(label("gradient.running")):
        for plain in (False, True):
            if not kept.has(scene, state, plain):
                st.caption(section("gradient", "no twin"))
                found.append(None)
                continue
            try:
                found.append(kept.backward(scene, state, plain, target))
            except TooMuch:
                raise
            except ValueError:
                if state == kept.ABOVE:
                    raise
                st.warning(section("gradient", "no train mode", title=scene.title))
                return None
    residual, plain_pass = found
    if residual is None or not residual.finite:
        st.warning(section("gradient", "overflow"), icon=":material/error:")
        return None
    return residual, plain_pass if plain_pass is not None and plain_pass.finite else None


def _choose(bp: Blueprint) -> Block:
    """The block that is looked at, with buttons and keys to its neighbours."""
    blocks = {block.path: block for block in bp.blocks}
    paths = list(blocks)
    middle = next((one.path for one in bp.blocks if one in bp.dashed), paths[len(paths) // 2])
    now = controls.settled(_BLOCK, paths, middle)
    place = paths.index(now)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        # Backwards: the first of the two keys goes on towards the picture.
        for name, icon, step, key in (
            ("previous", ":material/chevron_left:", -1, "Left"),
            ("next", ":material/chevron_right:", 1, "Right"),
        ):
            to = min(len(paths) - 1, max(0, place + step))
            st.button(
                label(f"gradient.{name}"),
                icon=icon,
                key=f"gradient_{name}",
                shortcut=key,
                disabled=to == place,
                on_click=controls.put,
                args=(_BLOCK, paths[to], middle),
            )
        chosen = controls.choice(
            _BLOCK,
            paths,
            default=middle,
            kind="select",
            shown=lambda path: f"{blocks[path].title} ({path})",
            width=260,
        )
    return blocks[chosen]


def _charts(bp: Blueprint, residual: Backward, plain: Backward | None, chosen: Block) -> None:
    from explorer.views import gradient_charts

    titles = {block.path: block.title for block in bp.blocks}
    first = bp.blocks[len(bp.blocks) // 2].path
    middle = next((one.path for one in bp.blocks if one in bp.dashed), first)

    def choose(points: list[chart.Point]) -> None:
        path = chart.name_of(points[0]) if points else None
        if path in titles:
            controls.put(_BLOCK, path, middle)

    left, right = st.columns(2, gap="medium")
    with left:
        chart.show(
            gradient_charts.shares(residual.splits, titles, chosen.path),
            f"gradient_shares_{chosen.path}",
            alt=section("gradient", "alt of shares"),
            choosable=True,
            on_choose=choose,
        )
        st.caption(section("gradient", "share help"))
    with right:
        chart.show(
            gradient_charts.norms(
                _by_block(bp, residual), None if plain is None else _by_block(bp, plain), titles
            ),
            f"gradient_norms_{chosen.path}",
            alt=section("gradient", "alt of norms"),
            choosable=True,
            on_choose=choose,
        )


def _by_block(bp: Blueprint, found: Backward) -> Mapping[str, float]:
    """Path of each block -> length of the gradient at what it hands on."""
    norms = found.norms
    return {block.path: norms[_output(block, found)] for block in bp.blocks}


def _output(block: Block, found: Backward) -> str:
    """The block's last op that this network has: the plain twin has no addition."""
    return next(op.path for op in reversed(block.ops) if op.path in found.norms)


def _follows(bp: Blueprint, residual: Backward, plain: Backward | None) -> list[str]:
    """What all this says of 'the +1 guarantees that gradients do not vanish'."""
    kinds = [block.shortcut.kind for block in bp.blocks if block.shortcut]
    additions = len(residual.splits)
    counts = {"identities": kinds.count("identity"), "additions": additions}
    if left := [one.left for one in residual.splits if one.silence != "both"]:
        ends = {"smallest": f"{min(left):.0%}", "largest": f"{max(left):.0%}"}
        said = [section("gradient", "what follows", **counts, **ends)]
    else:
        said = [section("gradient", "what follows, silent", **counts)]
    passed = [
        one.arriving / behind
        for one in residual.splits
        if (behind := residual.norms[bp.block(one.block).ops[-1].path])
    ]
    if bp.spec.activation_order == "pre":
        cut = [block.title for block in bp.blocks if _stands_in_the_way(block)]
        if cut:
            numbers = {"cut": len(cut), "additions": additions, "titles": listed(cut)}
            said.append(section("gradient", "what follows, pre, cut", **numbers))
        else:
            said.append(section("gradient", "what follows, pre"))
    elif passed:
        least, most = (f"{value:.0%}" for value in (min(passed), max(passed)))
        said.append(section("gradient", "what follows, relu", least=least, most=most))
    with_shortcuts = _ratio(_by_block(bp, residual))
    if plain is None:
        said.append(section("gradient", "what follows, ratio", residual=with_shortcuts))
    else:
        ratios = {"residual": with_shortcuts, "plain": _ratio(_by_block(bp, plain))}
        said.append(section("gradient", "what follows, ratios", **ratios))
    return said


def _stands_in_the_way(block: Block) -> bool:
    """Whether a pre-activation block's shortcut is not the bare input of the block."""
    return block.shortcut_inside or (
        block.shortcut is not None and block.shortcut.kind != "identity"
    )


def _ratio(norms: Mapping[str, float]) -> str:
    first, *_, last = [*norms.values(), *norms.values()]
    return magnitude(first / last if last else float("inf"))
