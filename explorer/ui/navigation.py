"""The list of pages, and the guard that every page calls first."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

_STARTED = "app_has_run"


def pages() -> list[StreamlitPage]:
    """All pages in the order of the navigation."""
    return [
        st.Page("pages/home.py", title="Home", default=True),
        st.Page("pages/lesson.py", title="Lesson"),
        st.Page("pages/shape_trace.py", title="Shape trace"),
        st.Page("pages/shortcuts.py", title="Shortcuts"),
        st.Page("pages/block_lab.py", title="Residual block"),
        st.Page("pages/parameters.py", title="Parameters"),
        st.Page("pages/batch_norm.py", title="Batch norm"),
        st.Page("pages/why_residual.py", title="Why residual"),
        st.Page("pages/inference.py", title="Inference"),
        st.Page("pages/quiz.py", title="Quiz"),
        st.Page("pages/questions.py", title="Questions"),
        st.Page("pages/myths.py", title="Myths"),
    ]


def page_title(path: str) -> str:
    """What the page of this path is called in the navigation; the first page's path is empty.

    Raises:
        KeyError: no page has this path.
    """
    titles = {page.url_path: page.title for page in pages()}
    return titles[path]


def begin() -> StreamlitPage:
    """The page to run now. app.py calls it, and remembers that it has run."""
    st.session_state[_STARTED] = True
    return st.navigation(pages())


def require_app() -> None:
    """Start app.py if this page was opened without it.

    A server that no one has visited yet runs a deep-linked file of `pages/` alone. Asking for
    the navigation ends that mode; the rerun then goes through app.py.
    """
    if _STARTED not in st.session_state:
        st.navigation(pages())
        st.rerun()
