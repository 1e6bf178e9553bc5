"""A visitor's own weights: an upload, or a file in torch's cache folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.ui.asking_for_files import file_uploader
from explorer.ui.inference import cache
from explorer.words import section

if TYPE_CHECKING:
    from explorer.networks.weights import Differences

_FILE: Final = "infer_weights_file"
_UPLOAD_MB: Final = 256
"""As the server's maxUploadSize: ResNet-152's float32 weights have 242 MB."""


@dataclass(frozen=True)
class _Kept:
    """A visitor's file: its digest is taken once, not at every rerun."""

    id: str
    name: str
    data: bytes
    digest: str


def given() -> tuple[str, str, bytes | Path] | None:
    """Name, key and source of the visitor's file: an upload, or one in torch's cache folder."""
    from explorer.networks.download import at_home
    from explorer.networks.published_weights import cache_folder, files_there
    from explorer.networks.weights import SUFFIXES

    folder = cache_folder()
    upload = file_uploader(
        "State dict",
        type=[suffix[1:] for suffix in SUFFIXES],
        key="infer_state_dict",
        on_change=_let_go,
        max_upload_size=_UPLOAD_MB,
        help=section("inference", "file help", limit=_UPLOAD_MB, folder=at_home(folder)),
    )
    kept: _Kept | None = st.session_state.get(_FILE)
    if upload is not None and (kept is None or kept.id != upload.file_id):
        data = upload.getvalue()
        kept = _Kept(upload.file_id, upload.name, data, cache.digest(data))
        st.session_state[_FILE] = kept
    there = files_there(SUFFIXES)
    if there and upload is None:
        chosen = st.selectbox(
            "or one in torch's cache folder", [path.name for path in there], index=None
        )
        if chosen:
            path = folder / chosen
            return chosen, f"{path} {path.stat().st_mtime_ns}", path
    if kept is not None:
        return kept.name, kept.digest, kept.data
    st.info("Until you choose a file, the untrained network answers.", icon=":material/upload:")
    return None


def _let_go() -> None:
    if st.session_state["infer_state_dict"] is None:
        st.session_state.pop(_FILE, None)


def list_differences(unlike: Differences) -> None:
    """Every tensor that keeps a file from fitting, by kind."""
    with st.expander("Which tensors differ", expanded=True):
        if unlike.misshapen:
            st.write("**Of another shape** (in the file, needed)")
            st.code(
                "\n".join(f"{row.key}: {row.found}, {row.wanted}" for row in unlike.misshapen[:50])
            )
        for title, keys in (
            ("Missing in the file", unlike.missing),
            ("In the file, unknown to this network", unlike.unexpected),
        ):
            if keys:
                more = f"\n... and {len(keys) - 50:,} more" if len(keys) > 50 else ""
                st.write(f"**{title}**: {len(keys):,}")
                st.code("\n".join(keys[:50]) + more)
