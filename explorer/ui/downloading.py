"""A button that downloads a file to this server, and the progress of that download."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import streamlit as st

from explorer.words import label, section

if TYPE_CHECKING:
    from explorer.networks.download import Downloads


_ASKED: Final = "download_asked_for"


class Downloadable(Protocol):
    """A published file: where it comes from, where it belongs, how to check it."""

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def bytes(self) -> int: ...
    @property
    def sha256_prefix(self) -> str: ...


@cache
def downloads() -> Downloads:
    """All downloads of this server: one per file, whoever asked for it."""
    from explorer.networks.download import Downloads

    return Downloads()


def state(file: Downloadable) -> tuple[object, ...]:
    """What `offer` would draw of this file follows from this."""
    download = downloads().find(file.path)
    asked = st.session_state.get(_ASKED) == file.url
    return (asked, *((download.state, download.sentence) if download else ()))


def offer(file: Downloadable, key: str, help: str) -> None:
    """A button, or the progress of the download that somebody started on this server."""
    download = downloads().find(file.path)
    if download is not None and download.state == "running":
        _progress(file, key)
        return
    # Others on this server did not ask for it.
    if download is not None and download.sentence and st.session_state.get(_ASKED) == file.url:
        st.warning(download.sentence, icon=":material/cloud_off:")
    st.button(
        label("download.begin", name=file.name, size=file.bytes / 1e6),
        key=key,
        icon=":material/download:",
        on_click=_begin,
        args=(file,),
        help=help,
    )


def _begin(file: Downloadable) -> None:
    st.session_state[_ASKED] = file.url
    # Somebody else's download may have ended since this page was drawn.
    if file.path.is_file():
        return
    downloads().begin(file.url, file.path, file.sha256_prefix, file.bytes)


@st.fragment(run_every=0.5)
def _progress(file: Downloadable, key: str) -> None:
    download = downloads().find(file.path)
    if download is None or download.state != "running":
        st.rerun()
    # Above the bar: below it, a button would jump whenever the bar's text wraps.
    st.button(
        label("download.cancel"),
        key=f"{key}_cancel",
        on_click=download.cancel,
        icon=":material/close:",
    )
    left = download.seconds_left
    numbers = {
        "name": file.name,
        "received": download.received / 1e6,
        "total": download.total / 1e6,
    }
    if left is None:
        words = section("downloads", "progress", **numbers)
    else:
        words = section("downloads", "progress, time", **numbers, seconds=left)
    st.progress(download.share, words)
