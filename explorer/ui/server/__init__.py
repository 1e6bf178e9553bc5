"""What stands around the app when it is served: limits, headers, start and end.

Streamlit finds `app` in app.py and serves it (st.App); all of this lies outside any visitor's
run, so a visitor cannot get around it. `handing`, `quick`, `runs` and `speed` put functions of ours
in the place of Streamlit's own inner ones, which another version may have under other names or not
at all: requirements.txt names the version that they were written for, and tests/server tries them.
"""

import logging
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from explorer.ui.server.batches import Batches
from explorer.ui.server.guard import Guard
from explorer.ui.server.headers import Headers
from explorer.ui.server.life import life
from explorer.words import section

__all__ = ["around"]


def around() -> dict[str, Any]:
    """What `st.App` is given besides the script that it runs for each visitor."""
    return {
        "lifespan": life,
        "middleware": [Middleware(Headers), Middleware(Guard), Middleware(Batches)],
        "on_script_error": _said,
    }


def _said(error: Exception) -> bool:
    """Say in our own words that a page failed; the traceback goes to the log only."""
    logging.getLogger(__name__).error("A page failed", exc_info=error)
    st.error(section("frame", "failed"), icon=":material/error:")
    return True
