"""Leads to another page from a callback's result, as a click on a link does.

`st.switch_page` first writes what it is given into the address of the page that one is on, as a
step of its own in the history: Back would come to an address that nobody has seen. A link takes
page and address in one step, so that is what is drawn here and pressed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from explorer.ui import navigation

_JS: Final = """
const pressed = new WeakSet();

export default function ({ parentElement, data }) {
  const press = () => {
    const link = document.querySelector(`.st-key-${data.key} a`);
    if (link && !pressed.has(link)) { pressed.add(link); link.click(); }
    return Boolean(link);
  };
  if (press()) return;
  const watch = new MutationObserver(() => { if (press()) watch.disconnect(); });
  watch.observe(document.body, { childList: true, subtree: true });
  return () => watch.disconnect();
}
"""


@st.cache_resource
def _component() -> Any:
    return st.components.v2.component("leading", html="<span hidden></span>", js=_JS)


def lead_to(path: str, query: Mapping[str, str | Sequence[str]], key: str) -> None:
    """Go to a page; its link is seen until the page comes.

    Args:
        path: of the page, in the address.
        query: what its address says.
        key: unique on the page that is left.
    """
    with st.container(key=key):
        st.page_link(navigation.page_of(path), icon=":material/arrow_forward:", query_params=query)
    _component()(key=f"{key}_pressed", data={"key": key}, height="content")
