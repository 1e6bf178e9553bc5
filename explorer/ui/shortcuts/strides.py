"""v1 and v1.5 of the same down-sampling block, side by side."""

import streamlit as st

from explorer.architecture import NetworkSpec
from explorer.architecture.image_size import ImageSize
from explorer.architecture.strides import stride_study
from explorer.lessons.shortcut_numbers import strides
from explorer.ui.drawn_once import drawn_once
from explorer.ui.picker import Choice
from explorer.ui.shortcuts.block import show_ops
from explorer.words import label, section


def show(choice: Choice, path: str) -> None:
    """Both blocks with what the difference costs and buys; a sentence where there is none."""
    _show(choice.spec, choice.image_size, choice.title, path)


@drawn_once
def _show(spec: NetworkSpec, image_size: ImageSize, title: str, path: str) -> None:
    st.header(label("shortcuts.strides"), anchor="v1-and-v1-5-where-the-stride-sits")
    study = stride_study(spec, image_size, path)
    if study is None:
        name = "strides basic" if spec.block == "basic" else "strides none"
        st.markdown(section("shortcuts", name, title=title))
        return
    for paragraph in strides(study):
        st.markdown(paragraph)
    st.caption(section("shortcuts", "strides sources"))
    with st.container(key="shortcuts_strides"):
        old, new = st.columns(2, gap="medium")
    with old:
        st.markdown(section("shortcuts", "stride of v1"))
        show_ops(study.v1.block(study.path), "v1", selected=f"{study.path}.conv1")
    with new:
        st.markdown(section("shortcuts", "stride of v1.5"))
        show_ops(study.v15.block(study.path), "v1.5", selected=f"{study.path}.conv2")
