"""One block's ops as a drawing, wherever a block is looked at."""

from collections.abc import Callable
from functools import lru_cache

import streamlit as st

from explorer.architecture import Block
from explorer.ui.drawing import drawing
from explorer.views import block_diagram
from explorer.views.dot import DrawingError, Picture
from explorer.views.titles import part_title
from explorer.words import language, section


@lru_cache(maxsize=64)
def _picture(block: Block, _language: str) -> Picture:
    return block_diagram.sheet(block).picture


def block_drawing(
    block: Block,
    key: str,
    filename: str,
    *,
    selected: str | None = None,
    on_choose: Callable[[str], None] | None = None,
) -> None:
    """A block's diagram, or why there is none; its ops can be chosen where `on_choose` is given.

    Args:
        block: stem, residual block or head.
        key: unique on the page.
        filename: of the downloads, without extension.
        selected: path of the op to show as chosen.
        on_choose: called with a chosen op's path before the page runs again.
    """
    try:
        picture = _picture(block, language())
    except DrawingError as problem:
        st.error(str(problem))
        return
    drawing(
        picture.svg,
        key=key,
        label=section("shortcuts", "alt of a block", title=part_title(block.title)),
        tools=True,
        choosable=on_choose is not None,
        selected=selected,
        filename=filename,
        min_width=round(picture.width),
        on_choose=on_choose,
    )
