"""What can be saved of an object: one row under it, always of the same kind."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from explorer.words import label

_MIME: Final = {
    "csv": "text/csv",
    "md": "text/markdown",
    "py": "text/x-python",
    "txt": "text/plain",
}


def save(files: dict[str, str | Callable[[], str]]) -> None:
    """A button for each file, by its name: the ending says what kind of file it is.

    A text that takes a while to write is given as a function, called when it is asked for.
    """
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        for name, text in files.items():
            kind = name.rpartition(".")[2]
            st.download_button(
                label(f"save.{kind}"),
                text,
                name,
                mime=_MIME[kind],
                type="tertiary",
                icon=":material/download:",
                on_click="ignore",
                key=f"save_{name}",
            )
