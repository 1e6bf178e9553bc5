"""How the value of a control outlives its control."""

from typing import Any, Final

import streamlit as st

KEPT: Final[dict[str, Any]] = {"bind": "query-params", "persist_state": "session"}
"""For controls in sections: in the URL, and still there when another section was open."""


def held(key: str) -> Any:
    """What a control holds that is drawn only later, or None.

    In a session's first run the value of a link is not yet in its state: it is the link's text
    then, which may be no value of the control's.
    """
    return st.session_state.get(key, st.query_params.get(key))
