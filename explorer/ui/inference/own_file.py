"""A visitor's own weights: an upload, or a file in torch's cache folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import streamlit as st

from explorer.ui import uploads
from explorer.ui.asking_for_files import file_uploader
from explorer.ui.uploads import UploadRefused
from explorer.words import label, section

if TYPE_CHECKING:
    from explorer.networks.weights import Differences

FOLDER_SETTING: Final = "RESNET_EXPLORER_OFFER_FOLDER"
"""Set to "yes" by the owner of the machine, it offers the files of torch's cache folder to every
visitor. Off by default: their names may be nobody else's business."""
_FILE: Final = "weights"
_UPLOAD_MB: Final = 256
"""As the server's maxUploadSize: ResNet-152's float32 weights have 242 MB."""
_SHOWN: Final = 50


class Given(NamedTuple):
    """A file of weights: its name, the key of its content, and where the content is."""

    name: str
    key: str
    source: bytes | Path


def given() -> Given | None:
    """The visitor's file: an upload, or one in torch's cache folder where that is offered."""
    from explorer.networks.weights import SUFFIXES

    offered = _in_the_folder()
    help_with_it = "file help, folder" if folder_is_offered() else "file help"
    upload = file_uploader(
        label("infer_state_dict.label"),
        type=[suffix[1:] for suffix in SUFFIXES],
        key="infer_state_dict",
        on_change=_let_go,
        max_upload_size=_UPLOAD_MB,
        help=section("inference", help_with_it, limit=_UPLOAD_MB),
    )
    if upload is not None:
        try:
            uploads.keep(_FILE, [upload])
        except UploadRefused as problem:
            st.error(str(problem), icon=":material/error:")
    elif offered:
        chosen = st.selectbox(label("infer_folder.label"), list(offered), index=None)
        if chosen:
            path = offered[chosen]
            return Given(chosen, f"{path} {path.stat().st_mtime_ns}", path)
    mine = uploads.kept(_FILE)
    if mine:
        return Given(mine[0].name, mine[0].key, mine[0].data)
    st.info(section("inference", "no file"), icon=":material/upload:")
    return None


def folder_is_offered() -> bool:
    """Whether the owner of this machine lets visitors see the files in torch's cache folder."""
    return os.environ.get(FOLDER_SETTING, "").strip().lower() in ("1", "yes", "true", "on")


def _in_the_folder() -> dict[str, Path]:
    """Name -> path of the files that are offered: ordinary ones only, which end when read."""
    from explorer.networks.published_weights import files_there
    from explorer.networks.weights import SUFFIXES

    if not folder_is_offered():
        return {}
    return {path.name: path for path in files_there(SUFFIXES)}


def _let_go() -> None:
    if st.session_state["infer_state_dict"] is None:
        uploads.let_go(_FILE)


def list_differences(unlike: Differences) -> None:
    """Every tensor that keeps a file from fitting, by kind."""
    with st.expander(label("infer_differences.label"), expanded=True):
        if unlike.misshapen:
            st.write(section("inference", "tensors misshapen"))
            st.code(
                "\n".join(
                    f"{row.key}: {row.found}, {row.wanted}" for row in unlike.misshapen[:_SHOWN]
                )
            )
        for title, keys in (
            ("tensors missing", unlike.missing),
            ("tensors unknown", unlike.unexpected),
        ):
            if keys:
                st.write(section("inference", title, n=len(keys)))
                st.code("\n".join([*keys[:_SHOWN], *_more(len(keys) - _SHOWN)]))


def _more(left: int) -> list[str]:
    return [label("infer_differences.more", n=left)] if left > 0 else []
