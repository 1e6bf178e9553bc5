"""What a page says, and what it draws, for tests."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest


def words(app: AppTest) -> str:
    """All that is written on the page but its controls' own words."""
    boxes = (
        *(*app.title, *app.header, *app.markdown, *app.caption),
        *(*app.info, *app.success, *app.warning, *app.error),
    )
    return "\n".join(str(box.value) for box in boxes)


def drawings(app: AppTest) -> dict[str, dict[str, Any]]:
    """What the browser is told of every drawing, by the name of its file."""
    found = {}
    for element in app.get("bidi_component"):
        data = json.loads(element.proto.json) if element.proto.json else {}
        if "svg" in data:
            found[data["filename"]] = data
    return found
