"""What an address opens, as a visitor sees it: words on screen, never the values behind them."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs

from streamlit.testing.v1 import AppTest

from explorer.architecture import PRESETS

_MOVING = ("[See it in", "#", "Building ", "**Checked")
"""Left out: links named after pages, headings, and what a check in the background says by now."""


def query_of(address: str) -> tuple[str, dict[str, str | list[str]]]:
    """`"shape_trace?net=resnet50"` as `("shape_trace", {"net": "resnet50"})`."""
    page, _, query = address.partition("?")
    asked = parse_qs(query, keep_blank_values=True)
    return page, {name: found[0] if len(found) == 1 else found for name, found in asked.items()}


def view_of(app: AppTest, asked: list[str]) -> dict[str, Any]:
    """Headings, beginnings of texts, complaints, the network, and what the controls show.

    Args:
        app: the page, which has run.
        asked: keys of the address; the labels and the chosen labels of their controls are told.
    """
    choice = app.session_state["choice"]
    base = PRESETS["resnet18" if choice.name == "custom" else choice.name].spec
    own = asdict(base)
    found = {
        "headings": list(_headings(app)),
        "texts": list(_texts(app)),
        "tables": [list(table.value.shape) for table in app.main.dataframe],
        "whole_tables": [list(table.value.shape) for table in app.main.table],
        "complaints": [box.value for box in (*app.warning, *app.error)],
        "network": [choice.name, choice.title, choice.image_size, choice.device],
        "changed": {
            field: list(value) if isinstance(value, tuple) else value
            for field, value in asdict(choice.spec).items()
            if value != own[field]
        },
        "controls": {key: held for key in asked if (held := shown(app, key)) is not None},
    }
    return {name: value for name, value in found.items() if value}


def shown(app: AppTest, key: str) -> list[str] | None:
    """The label of a control and what it shows as chosen; None where there is none on screen."""
    for node in app:
        if getattr(node, "key", None) == key and hasattr(node, "value"):
            return [node.proto.label, *_chosen(node)]
    if key == "infer_sample" and "sample" in (shown(app, "infer_from") or ()):
        # Chosen in a drawing, which has no label of its own.
        return ["", app.session_state["controls"].chosen[key]]
    if app.tabs and key in app.session_state:
        label = _tab(app, key)
        return None if label is None else ["", label]
    return None


def _tab(app: AppTest, key: str) -> str | None:
    labels = [tab.label for tab in app.tabs]
    held = app.session_state[key]
    return held if held in labels else None


def _chosen(node: Any) -> list[str]:
    value = node.value
    if value is None:
        return []
    if node.type == "button_group":
        return [text.strip() for text in node.formatted_values]
    if hasattr(node, "format_func") and not isinstance(value, (list, tuple)):
        return [str(node.format_func(value)).strip()]
    return [str(part) for part in value] if isinstance(value, (list, tuple)) else [str(value)]


def _headings(app: AppTest) -> Iterator[str]:
    for node in app.main:
        if node.type in ("title", "header", "subheader"):
            # How sure a network is differs in the last digit from processor to processor.
            yield re.sub(r"\d+\.\d+%", "#%", node.value)
        elif node.type == "markdown":
            yield from re.findall(r"^#{1,6} (.*)$", node.value, re.MULTILINE)


def _texts(app: AppTest) -> Iterator[str]:
    """How each text in the page begins; digits are left out, because some are measured."""
    for node in app.main:
        if node.type in ("markdown", "caption", "info", "success") and node.value.strip():
            start = re.sub(r"\d+", "#", node.value.strip().splitlines()[0])
            if not start.startswith(_MOVING):
                yield start[:30]
