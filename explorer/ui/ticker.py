"""Goes on by itself: one step after the other, each when the one before is on screen."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import streamlit as st

_JS: Final = """
export default function ({ data, setTriggerValue }) {
  const timer = setTimeout(() => setTriggerValue("tick", data.step), data.wait);
  return () => clearTimeout(timer);
}
"""


@cache
def _component() -> Any:
    return st.components.v2.component("ticker", html="<span hidden></span>", js=_JS)


def ticker(key: str, step: str, per_second: float, on_tick: Callable[[], None]) -> None:
    """While this is drawn, call `on_tick` after a while: a slow server is never hurried.

    Args:
        key: unique on the page.
        step: what is on screen now; another one begins the next wait.
        per_second: steps, at most.
        on_tick: moves on by one step.
    """
    _component()(
        key=key,
        data={"step": step, "wait": round(1000 / per_second)},
        on_tick_change=on_tick,
        height="content",
    )
