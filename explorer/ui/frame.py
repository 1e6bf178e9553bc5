"""What Streamlit's theme cannot say of the page around the pages."""

import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Logo_pb2 import Logo
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explorer.ui.drawn_once import drawn_once

_STYLES: Final = Path(__file__).with_name("frame.css")
_LOGO: Final = Path(__file__).with_name("logo.svg")


# Streamlit puts what is a style alone where it takes no place.
@drawn_once(root=lambda: st._event)
def dress() -> None:
    """Draw the styles; they take no place on the page."""
    st.html(_styles())


def logo() -> None:
    """Draw the logo above the sidebar."""
    context = get_script_run_ctx()
    if context is not None:
        context.enqueue(_logo())


@cache
def _logo() -> ForwardMsg:
    # What st.logo says, which would read the file and look for another one of its text's name in
    # every run.
    said = ForwardMsg()
    said.logo.image = f"data:image/svg+xml;base64,{b64encode(_LOGO.read_bytes()).decode()}"
    said.logo.image_type = Logo.IMAGE
    said.logo.size = "large"
    return said


@cache
def _styles() -> str:
    # As Streamlit would wrap the file, which it would read in every run.
    return f"<style>{_STYLES.read_text(encoding='utf-8')}</style>"


@drawn_once
def title(text: str) -> None:
    """The page's title. A name with a hyphen stays on one line: its bold type, in a heading that
    is bold anyway, is what the styles know it by."""
    st.title(re.sub(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+", r"**\g<0>**", text))


@drawn_once
def lead(text: str, page: str) -> None:
    """What a page is about, in a few lines under its title; on small screens at the page's end,
    where they take no place from what they are about."""
    with st.container(key=f"lead_{page}"):
        st.markdown(text)


@drawn_once
def caption(text: str) -> None:
    """What a page is about, in small letters below what it shows."""
    st.caption(text)


@drawn_once
def keys(sentence: str, page: str) -> None:
    """Which keys a page knows; styles hide it where there is no keyboard."""
    with st.container(key=f"keys_{page}"):
        st.caption(sentence)
