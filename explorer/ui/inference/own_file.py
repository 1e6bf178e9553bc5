"""Asks for a visitor's own weights: an upload, or a file in torch's cache folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from explorer.ui import own_weights, settings
from explorer.ui.asking_for_files import file_uploader, held, keep
from explorer.ui.inference import own_verdict
from explorer.words import label, quoted, section

_REMOVED: Final = "file_removed"
_UPLOAD_MB: Final = 256
"""As the server's maxUploadSize: ResNet-152's float32 weights have 242 MB."""


def ask() -> None:
    """Draw the upload and, where it is offered, the folder; own_weights has what was chosen."""
    offered = _in_the_folder()
    help_with_it = "file help, folder" if folder_is_offered() else "file help"
    # Any file is taken: what it is, is told by what is in it, and in this app's own words.
    upload = file_uploader(
        label("infer_state_dict.label"),
        key=_key(),
        on_change=_let_go,
        max_upload_size=_UPLOAD_MB,
        help=section("inference", help_with_it, limit=_UPLOAD_MB),
    )
    if upload is not None:
        keep(own_weights.SHELF, [upload])
    elif offered:
        chosen = st.selectbox(label("infer_folder.label"), list(offered), index=None)
        if chosen:
            path = offered[chosen]
            own_weights.of_folder(chosen, f"{path} {path.stat().st_mtime_ns}", path)
    given = own_weights.given()
    if given is None:
        st.info(section("inference", "no file"), icon=":material/upload:")
    elif upload is None:
        _in_use(given[0], own_weights.size_of(given[2]))


def _in_use(name: str, size: int) -> None:
    """After another page the uploader is empty, and the file is still there."""
    said, button = st.columns([3, 2], vertical_alignment="center")
    said.markdown(section("recognition", "in use", file=quoted(name), size=size / 1e6))
    button.button(
        label("infer_remove.label"), key="infer_remove", on_click=_remove, width="stretch"
    )


def folder_is_offered() -> bool:
    """Whether the owner of this machine lets visitors see the files in torch's cache folder."""
    return settings.offers_folder()


def _in_the_folder() -> dict[str, Path]:
    """Name -> path of the files that are offered: ordinary ones only, which end when read."""
    from explorer.networks.published_weights import files_there
    from explorer.networks.weights import SUFFIXES

    if not folder_is_offered():
        return {}
    return {path.name: path for path in files_there(SUFFIXES)}


def _key() -> str:
    """Of the uploader: another one after each removal, since none can be emptied."""
    removed = st.session_state.get(_REMOVED, 0)
    return f"infer_state_dict {removed}" if removed else "infer_state_dict"


def _remove() -> None:
    own_weights.let_go()
    own_verdict.forget()
    st.session_state[_REMOVED] = st.session_state.get(_REMOVED, 0) + 1


def _let_go() -> None:
    if held(_key()) is None:
        own_weights.let_go()
        own_verdict.forget()
