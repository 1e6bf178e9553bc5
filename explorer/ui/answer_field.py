"""A field for a number that is ready for typing when it appears, so that no mouse is needed."""

from functools import cache
from typing import Any

import streamlit as st

from explorer.words import label

_HTML = """
<form>
  <label for="answer"></label>
  <div>
    <input id="answer" inputmode="numeric" autocomplete="off" maxlength="24"
      aria-describedby="said">
    <button type="submit"></button>
  </div>
  <p id="said" role="alert"></p>
</form>
"""
_CSS = """
label { display: block; margin-bottom: 0.35rem; font-size: 0.9rem; }
div { display: flex; gap: 0.5rem; max-width: 28rem; }
input, button { font: inherit; padding: 0.5rem 0.75rem; color: var(--st-text-color);
  background: var(--st-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); }
input { flex: 1; min-width: 0; }
button { cursor: pointer; }
input:focus-visible, button:hover, button:focus-visible {
  border-color: var(--st-primary-color); outline: 1px solid var(--st-primary-color); }
p { margin: 0.35rem 0 0; min-height: 1.4em; color: var(--st-red-text-color, currentColor); }
"""
_JS = """
export default function ({ parentElement, data, setTriggerValue }) {
  const form = parentElement.querySelector("form");
  const field = parentElement.querySelector("input");
  parentElement.querySelector("#said").textContent = data.said;
  parentElement.querySelector("label").textContent = data.label;
  parentElement.querySelector("button").textContent = data.button;
  if (form.dataset.asked !== data.asked) {
    form.dataset.asked = data.asked;
    field.value = "";
    field.focus({ preventScroll: true });
  }
  form.onsubmit = (event) => {
    event.preventDefault();
    if (field.value.trim()) setTriggerValue("given", field.value);
  };
}
"""


@cache
def _component() -> Any:
    return st.components.v2.component("answer_field", html=_HTML, css=_CSS, js=_JS)


def answer_field(key: str, asked: str, said: str = "") -> str | None:
    """Show the field and return what was typed just now, if anything.

    Args:
        key: unique on the page.
        asked: names the question; a new one empties the field and takes the focus.
        said: what was wrong with the last thing typed.
    """
    result = _component()(
        key=key,
        data={
            "asked": asked,
            "said": said,
            "label": label("answer_field.label"),
            "button": label("answer_field.button"),
        },
        on_given_change=lambda: None,
    )
    given: str | None = result.get("given")
    return given
