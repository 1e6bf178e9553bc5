"""One block: its ops, why its shortcut is what it is, and the formulas of one op."""

from typing import Final

import streamlit as st

from explorer.architecture import Block, Blueprint
from explorer.architecture.notation import shape_text
from explorer.lessons.shortcut_numbers import of_block
from explorer.ui import controls
from explorer.ui.address import address
from explorer.ui.block_drawing import block_drawing
from explorer.ui.drawn_once import drawn_once
from explorer.ui.picker import Choice
from explorer.views.titles import part_title
from explorer.words import glossary, label, section

OP: Final = "shortcuts_op"


def breadcrumb(bp: Blueprint, network: str, block: Block) -> str:
    """Network > stage > block."""
    index = bp.stage_of(block.path)
    if index is None:
        return f"{network} › **{part_title(block.title)}**"
    stage = bp.stages[index]
    return f"{network} › {stage.title} ({stage.path}) › **{block.title}** ({block.path})"


def show(bp: Blueprint, choice: Choice, block: Block) -> None:
    """The block's name, its diagram, and beside it what there is to know."""
    inputs = (bp.spec, bp.image_size, choice.name, choice.title, block.path)
    controls.drawn_again("shortcuts_block_shown", inputs, lambda: _show(bp, choice, block))


def _show(bp: Blueprint, choice: Choice, block: Block) -> None:
    _title(bp, choice.title, block.path)
    picture, words = st.columns(2, gap="medium")
    names = {op.path.removeprefix(f"{block.path}."): op for op in block.ops}
    with words:
        _told(bp, choice, block.path)
        name = st.selectbox(
            label(f"{OP}.label"),
            list(names),
            index=None,
            placeholder=label(f"{OP}.choose"),
            key=OP,
            bind="query-params",
        )
        if name:
            op = names[name]
            st.markdown(
                section(
                    "shortcuts",
                    "op",
                    path=op.path,
                    in_shape=shape_text(op.in_shape),
                    out_shape=shape_text(op.out_shape),
                    size=_code(op.size_formula),
                    params=_code(op.params_formula),
                    macs=_code(op.macs_formula),
                )
            )
    with picture:
        show_ops(
            block,
            "ops",
            selected=names[name].path if name else None,
            choosable=True,
        )


@drawn_once
def _told(bp: Blueprint, choice: Choice, path: str) -> None:
    block = bp.block(path)
    st.markdown(why(bp, block))
    _counts(block)
    if block.shortcut is not None:
        maps = address(
            "inference",
            choice.name,
            choice.spec,
            choice.image_size,
            infer_view="feature_maps",
            infer_block=block.path,
        )
        st.markdown(section("shortcuts", "maps", title=block.title, address=maps))


@drawn_once
def _title(bp: Blueprint, network: str, path: str) -> None:
    """The block's name, and where it is."""
    block = bp.block(path)
    st.header(part_title(block.title))
    st.caption(breadcrumb(bp, network, block))


def show_ops(
    block: Block, name: str, *, selected: str | None = None, choosable: bool = False
) -> None:
    """A block's diagram; `name` tells it from the page's other ones."""

    def choose(path: str) -> None:
        op = path.removeprefix(f"{block.path}.")
        st.session_state[OP] = None if st.session_state.get(OP) == op else op

    block_drawing(
        block,
        f"shortcuts_{name}",
        f"{block.title}_{name}",
        selected=selected,
        on_choose=choose if choosable else None,
    )


def why(bp: Blueprint, block: Block) -> str:
    """Why the block's shortcut is solid, dashed or missing, and where it starts."""
    numbers = of_block(block)
    shortcut = block.shortcut
    if shortcut is None:
        return section("shortcuts", "stem and head", **numbers)
    rule = shortcut.kind == "projection" and not (shortcut.channels_change or shortcut.size_changes)
    parts = [section("shortcuts", "projection by rule" if rule else shortcut.kind, **numbers)]
    if shortcut.kind == "projection":
        parts.append(section("shortcuts", "norm" if len(block.shortcut_ops) > 1 else "no norm"))
    if bp.spec.activation_order == "pre" and shortcut.kind != "none":
        inside = shortcut.source.startswith(f"{block.path}.")
        parts.append(section("shortcuts", "inside" if inside else "before", **numbers))
    return " ".join(parts)


def _counts(block: Block) -> None:
    joined = block.shortcut is not None and block.shortcut.kind != "none"
    text = section("shortcuts", "counts" if joined else "counts alone", **of_block(block))
    st.markdown(text, help=glossary("MACs"))


def _code(formula: str) -> str:
    return f"`{formula}`"
