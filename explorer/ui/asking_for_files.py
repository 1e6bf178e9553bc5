"""The two ways in which a page asks for a file; the server takes none from a visitor unasked."""

from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explorer.ui.server.guard import takes_uploads


def file_uploader(label: str, **options: Any) -> Any:
    """`st.file_uploader`, announced to the server."""
    _announce()
    return st.file_uploader(label, **options)


def camera_input(label: str, **options: Any) -> Any:
    """`st.camera_input`, announced to the server."""
    _announce()
    return st.camera_input(label, **options)


def _announce() -> None:
    context = get_script_run_ctx()
    if context is not None:
        takes_uploads(context.session_id)
