"""Keeps the keyboard where one works: what had the focus may vanish with the click on it."""

from typing import Any, Final

import streamlit as st

_JS: Final = """
let before;

export default function ({ data }) {
  const first = before === undefined;
  const news = before !== data.asked;
  before = data.asked;
  if (first || !news) return;
  const lost = () => !document.activeElement || document.activeElement === document.body;
  const take = () => {
    if (!lost()) return true;
    const place = document.querySelector(data.place);
    if (!place) return false;
    if (!place.matches("a, button, input, select, textarea, [tabindex]")) place.tabIndex = -1;
    place.focus({ preventScroll: true });
    return true;
  };
  // What had the focus vanishes a moment after this is drawn.
  let left = 20;
  const again = () => { if ((lost() && take()) || !left--) return; timer = setTimeout(again, 50); };
  let timer = setTimeout(again, 0);
  return () => clearTimeout(timer);
}
"""


@st.cache_resource
def _component() -> Any:
    return st.components.v2.component("focus", html="<span hidden></span>", js=_JS)


def follow(key: str, asked: str, place: str) -> None:
    """When `asked` changes and nothing has the focus, give it to `place`.

    Args:
        key: unique on the page.
        asked: names what is on screen now.
        place: a CSS selector; what takes no focus by itself is made to, outside of the order of
            the tabulator.
    """
    _component()(key=key, data={"asked": asked, "place": place}, height="content")
