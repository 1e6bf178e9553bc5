"""DOT -> SVG with graphviz-pure, a Graphviz that is one program and needs no installation."""

import logging
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree

from explorer.words import WordedError

_log = logging.getLogger(__name__)

PROGRAM: Final = "graphviz-pure"
_FONTS: Final = "Source Sans, Arial, Helvetica, sans-serif"
_SVG: Final = "http://www.w3.org/2000/svg"
_ELEMENT: Final = f"{{{_SVG}}}"
ElementTree.register_namespace("", _SVG)


class DrawingError(WordedError):
    """The picture could not be drawn; the message is one sentence for the reader."""

    def __init__(self, title: str) -> None:
        super().__init__("drawings", title, program=PROGRAM)

    def __reduce__(self) -> tuple[type["DrawingError"], tuple[str]]:
        return type(self), (self.title,)


class Picture(NamedTuple):
    """An SVG in the light theme's colours, and its natural size in pixels."""

    svg: str
    width: float
    height: float


@lru_cache(maxsize=64)
def draw(source: str) -> Picture:
    """DOT with given places -> SVG: ids kept, tooltips as titles.

    Raises:
        DrawingError: Graphviz is missing, or refuses the source.
    """
    root = ElementTree.fromstring(_run(source))
    for group in root.iter(f"{_ELEMENT}g"):
        _tidy(group)
    for text in root.iter(f"{_ELEMENT}text"):
        text.attrib.pop("font-family", None)
        text.attrib.pop("{http://www.w3.org/XML/1998/namespace}space", None)
    width, height = (float(root.attrib[side].removesuffix("pt")) for side in ("width", "height"))
    root.attrib.update(width=f"{width:g}", height=f"{height:g}")
    root.attrib["font-family"] = _FONTS
    return Picture(ElementTree.tostring(root, encoding="unicode"), width, height)


def _run(source: str) -> str:
    beside_python = str(Path(sys.executable).parent)
    program = shutil.which(PROGRAM, path=beside_python) or shutil.which(PROGRAM)
    if program is None:
        raise DrawingError("no program")
    try:
        done = subprocess.run(
            [program, "-Kneato", "-n2", "-Tsvg"],
            input=source,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise DrawingError("not drawn") from problem
    if done.returncode != 0 or "<svg" not in done.stdout:
        # Its complaint is for who runs the server: it may name files of it.
        _log.warning("%s refuses a drawing: %s", PROGRAM, done.stderr.strip())
        raise DrawingError("not drawn")
    return done.stdout


def _tidy(group: ElementTree.Element) -> None:
    """What Graphviz cannot say: titles are tooltips, names are bold, dashes are long enough."""
    kind, *words = group.attrib.get("class", "").split() or [""]
    title = group.find(f"{_ELEMENT}title")
    if kind not in ("node", "edge", "cluster") or title is None:
        return
    if kind == "edge" and title.text:
        group.attrib["data-tail"], _, group.attrib["data-head"] = title.text.partition("->")
    if "fixed" in words:
        group.attrib["data-fixed"] = ""
    for wrapper in group.findall(f"{_ELEMENT}g"):
        for link in wrapper:
            title.text = link.attrib.get("{http://www.w3.org/1999/xlink}title", title.text)
            at = list(group).index(wrapper)
            group[at:at] = list(link)
        group.remove(wrapper)
    if kind == "cluster" or "bold" in words:
        first = group.find(f"{_ELEMENT}text")
        if first is not None:
            first.attrib["font-weight"] = "bold"
    for path in group.findall(f"{_ELEMENT}path"):
        if "stroke-dasharray" in path.attrib:
            path.attrib["stroke-dasharray"] = "7,5"
