"""The two ways in which a page asks for a file; the server takes none from a visitor unasked."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import DeletedFile

from explorer.ui import controls, uploads
from explorer.ui.server.guard import takes_uploads
from explorer.ui.uploads import UploadRefused


def file_uploader(label: str, *, key: str, **options: Any) -> Any:
    """`st.file_uploader`, announced to the server.

    A browser that comes back to a server without its files, as after a restart, still lists them;
    then there is a new uploader in its place. So what it holds is asked of `held`.
    """
    _announce()

    def draw() -> Any:
        return st.file_uploader(label, key=_now(key), **options)

    # Said again only while it holds nothing: what is kept to be said again must hold no file.
    if st.session_state.get(_now(key)):
        found = draw()
    else:
        found = controls.drawn_again(f"uploader {key}", (label, _now(key), options), draw)
    if _is_gone(st.session_state.get(_now(key))):
        st.session_state[_renewed(key)] = st.session_state.get(_renewed(key), 0) + 1
        controls.again()
    return found


def held(key: str) -> Any:
    """What the uploader of this key holds, for its callback; None where that is nothing."""
    found = st.session_state.get(_now(key))
    return None if _is_gone(found) else found


def keep(name: str, files: Sequence[Any]) -> None:
    """Keep what a visitor gave under this name for their visit, or say why that is refused."""
    try:
        uploads.keep(name, files)
    except UploadRefused as problem:
        st.error(str(problem), icon=":material/error:")


def _now(key: str) -> str:
    times = st.session_state.get(_renewed(key), 0)
    return f"{key} {times}" if times else key


def _renewed(key: str) -> str:
    return f"{key}, renewed"


def _is_gone(found: Any) -> bool:
    """Whether the browser names a file that the server does not have."""
    files = found if isinstance(found, list) else [found]
    return any(isinstance(file, DeletedFile) for file in files)


def camera_input(label: str, **options: Any) -> Any:
    """`st.camera_input`, announced to the server."""
    _announce()
    return st.camera_input(label, **options)


def _announce() -> None:
    context = get_script_run_ctx()
    if context is not None:
        takes_uploads(context.session_id)
