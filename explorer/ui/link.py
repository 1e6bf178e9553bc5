"""The address of exactly this view: copied, or as a code that a telephone reads."""

from functools import cache, partial
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st

from explorer.ui import chart, controls
from explorer.ui.drawing import drawing
from explorer.words import label, section

_OPEN: Final = "link_code_is_open"
_HERE: Final = frozenset(("localhost", "127.0.0.1", "::1", "0.0.0.0"))

_CSS = """
button { width: 100%; min-height: 2.5rem; padding: 0.25rem 0.75rem; font: inherit;
  font-size: 0.875rem; cursor: pointer;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
button:hover, button:focus-visible { border-color: var(--st-primary-color);
  color: var(--st-link-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
input { width: 100%; box-sizing: border-box; margin-top: 0.4rem; font: inherit; }
"""


def _script(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


@cache
def _component():  # type: ignore[no-untyped-def]  # noqa: ANN202
    return st.components.v2.component(
        "copy_link",
        html='<button type="button"></button><input hidden readonly>',
        css=_CSS,
        js="".join(map(_script, ("focus_kept.js", "link.js"))),
    )


def share() -> None:
    """Draw the button that copies the link, and the one that shows it as a picture."""
    controls.drawn_again("link", (), _share)


def show_code() -> None:
    """Show the link as a picture for telephones, if it was asked for."""
    if st.session_state.get(_OPEN):
        # Over the page and as large as that allows: a class reads it from a projector. It stays
        # when the page runs again, as it does by itself at the end of what takes a while.
        st.dialog(label("copy_link.title"), on_dismiss=partial(_open, False))(_code)()


def _open(wanted: bool) -> None:
    st.session_state[_OPEN] = wanted


def _share() -> None:
    with st.container(horizontal=True, gap="small"):
        said = {name: label(f"copy_link.{name}") for name in ("copy", "copied", "field")}
        _component()(key="copy_link", data=said, on_theme_change=chart.redraw)
        st.button(
            label("copy_link.code"),
            icon=":material/qr_code:",
            key="link_code",
            on_click=_open,
            args=(True,),
        )


def picture(address: str, sized: bool = True) -> str:
    """An address as an SVG for telephones; empty where it works on this machine only.

    Without its own size it takes that of its place.
    """
    if (urlsplit(address).hostname or "localhost") in _HERE:
        return ""
    code = segno.make(address, micro=False)
    return str(code.svg_inline(scale=6, border=4, light="#ffffff", omitsize=not sized))


def _code() -> None:
    address = _address()
    if not picture(address):
        st.write(section("frame", "only here"))
        return
    # Its quiet zone is white in both themes, as telephones expect.
    drawing(picture(address, sized=False), key="link_picture", label=section("frame", "code"))
    st.caption(section("frame", "code"))


def _address() -> str:
    """The address of exactly this view."""
    query = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    return f"{st.context.url or ''}?{urlencode(query)}".rstrip("?")
