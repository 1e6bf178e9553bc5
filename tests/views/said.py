"""What a figure says, as text: its axes, its marks in their order, its words. Not how it looks."""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import numpy as np
from plotly.graph_objects import Figure

_MOST = 4


def _few(values: Any) -> str:
    # A zero is written as one machine or another rounds it.
    rounded = [round(v, 12) if isinstance(v, float) else v for v in list(values)[:_MOST]]
    shown = [f"{v:.4g}" if isinstance(v, float) else str(v) for v in rounded]
    return ", ".join(shown) + (", ..." if len(values) > _MOST else "")


def _axis(name: str, axis: dict[str, Any]) -> Iterator[str]:
    title = axis.get("title", {}).get("text")
    facts = [repr(title) if title else "no title"]
    facts += [axis["type"]] if "type" in axis else []
    facts += ["reversed"] if axis.get("autorange") == "reversed" else []
    facts += [f"from {_few(axis['range'])}"] if "range" in axis else []
    facts += [axis["tickformat"]] if "tickformat" in axis else []
    ticks = axis.get("ticktext", axis.get("tickvals"))
    facts += [f"ticks {_few(ticks)}"] if ticks is not None else []
    yield f"- {name}: {'; '.join(facts)}"


def _trace(trace: dict[str, Any]) -> Iterator[str]:
    kind = " ".join([trace["type"], trace.get("orientation", "")]).strip()
    yield f"- {kind} {trace.get('name', '')!r}".replace(" ''", "")
    for key in ("labels", "values", "x", "y", "text"):
        if isinstance(trace.get(key), (list, tuple)) and any(v != "" for v in trace[key]):
            yield f"  - {key}: {_few(trace[key])}"
    reads = trace.get("hovertemplate", "")
    yield f"  - reads: {reads if isinstance(reads, str) else _few(reads)}"


def said(figure: Figure) -> str:
    """Markdown: a line for every axis, mark and note."""
    shown = _plain(figure.update_layout(template=None).to_plotly_json())
    layout = shown["layout"]
    lines = []
    for name in sorted(layout):
        if name.startswith(("xaxis", "yaxis")):
            lines += _axis(name, layout[name])
    for trace in shown["data"]:
        lines += _trace(trace)
    for note in layout.get("annotations", []):
        lines.append(f"- note: {note['text']!r}")
    return "\n".join(lines)


def _plain(value: Any) -> Any:
    """Arrays as lists."""
    if isinstance(value, dict) and "bdata" in value:
        return np.frombuffer(b64decode(value["bdata"]), value["dtype"]).tolist()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if hasattr(value, "tolist"):
        return value.tolist()
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def strings(figure: Figure) -> list[str]:
    """Every text anywhere in the figure."""
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            for each in value.values():
                walk(each)
        elif isinstance(value, (list, tuple)):
            for each in value:
                walk(each)

    walk(_plain(figure.to_plotly_json()))
    return found
