"""v1 and v1.5 of the same down-sampling block, side by side."""

from functools import lru_cache

import streamlit as st

from explorer.architecture import NetworkSpec
from explorer.architecture.image_size import ImageSize
from explorer.architecture.strides import StrideStudy, stride_study
from explorer.lessons.shortcut_numbers import strides
from explorer.ui.picker import Choice
from explorer.ui.shortcuts.block import show_ops
from explorer.words import section


@lru_cache(maxsize=16)
def _study(spec: NetworkSpec, image_size: ImageSize, path: str) -> StrideStudy | None:
    return stride_study(spec, image_size, path)


def show(choice: Choice, path: str) -> None:
    """Both blocks with what the difference costs and buys; a sentence where there is none."""
    study = _study(choice.spec, choice.image_size, path)
    if study is None:
        basic = choice.spec.block == "basic"
        name = "strides basic" if basic else "strides none"
        st.markdown(section("shortcuts", name, title=choice.title))
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
