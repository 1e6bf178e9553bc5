"""What the sections of the page share."""

from typing import Any, Final

KEPT: Final[dict[str, Any]] = {"bind": "query-params", "persist_state": "session"}
"""Of every control of the page: in the URL, and still there when another section was open."""
