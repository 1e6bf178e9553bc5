"""How the value of a control outlives its control."""

from typing import Any, Final

KEPT: Final[dict[str, Any]] = {"bind": "query-params", "persist_state": "session"}
"""For controls in sections: in the URL, and still there when another section was open."""
