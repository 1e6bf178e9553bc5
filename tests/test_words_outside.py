"""What a visitor reads is in explorer/words: no other file holds a word of it.

Looked for are, in Python: literals of two words or more, capitalised words, and whatever stands in
the place of a label or a text; in HTML and JavaScript: text between tags, attributes that are read
aloud, and strings of two words.

`words_outside_left.toml` says how many each file still has. A file may never have more; when it has
fewer, the list has to follow:

    python -m tests.test_words_outside          prints what is left, file by file
    python -m tests.test_words_outside --write  writes the list anew
"""

import ast
import builtins
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEFT = Path(__file__).with_name("words_outside_left.toml")
SOURCES = sorted(
    path
    for path in [
        *ROOT.glob("explorer/**/*.py"),
        *ROOT.glob("explorer/**/*.js"),
        *ROOT.glob("pages/*.py"),
        ROOT / "app.py",
    ]
    if ROOT / "explorer" / "words" not in path.parents
)
CODE = {
    "explorer/networks/dialects.py": "shown and run: one block in four frameworks' own words",
    "explorer/views/source_block.py": "writes the network as Python",
    "explorer/views/source_forward.py": "writes the network as Python",
    "explorer/views/source_layers.py": "writes the network as Python",
    "explorer/views/source_traits.py": "writes the network as Python",
    "explorer/views/source_code.py": "writes the network as Python",
    "explorer/views/source_unit.py": "writes a block as Python",
    "explorer/experiments/train_embedded/__main__.py": "a command for developers",
    "explorer/experiments/train_embedded/train.py": "a command for developers",
    "explorer/experiments/reading_limits.py": "a command for developers",
    "explorer/networks/reading/tensors.py": "declares storages as torch names them",
    "explorer/networks/engines/onnx_file.py": "names ops as ONNX does",
    "explorer/networks/torchvision_import.py": "declares ops as torch writes them",
    "explorer/ui/server/headers.py": "a policy as browsers read it",
}
"""Files whose literals are code or a command's: why."""

# fmt: off
PROPER = {
    r"^(?:Shift\+)?(?:Left|Right|Enter|Escape|ArrowLeft|ArrowRight|Home|End|Tab)$": "keys",
    r"\b(?:Wide |Pre-act |d2l )?(?:Res(?:Net|NeXt)|[Pp]lain)-(?:\d+|D|\{\})\S*(?: v1)?": "networks",
    r"\bRes(?:Net|NeXt)\b|\bInception\b|\bGrad-CAM\b|\bDropout\b": "networks and methods",
    r"\bImageNet\b(?: v1)?|\bCIFAR\b": "data sets",
    r"\b(?:PyTorch|ONNX Runtime|TensorFlow|Keras|MXNet|Apple GPU|torch\w+)\b": "programs",
    r"\b(?:He|Veit|Balduzzi|Zagoruyko|Xie|Ioffe)(?: et al\.| and [A-Z]\w+)?": "authors",
    r"\bResNet Explorer\b": "this program",
    r"\b(?:Arial|Helvetica|Source Sans)\b|\bsans-serif\b|\bmonospace\b": "fonts",
    r"\b[A-Z][a-z]+Error\b": "Python's own errors",
    r"\b(?:Content-Length|User-Agent|Accept-Language|Content-Type|Cache-Control)\b": "of HTTP",
    r"^-[KT][a-z]+$": "options of Graphviz",
    r"^(?:_codecs encode|builtins bytearray|PIL\.Image)$": "names of Python's modules",
    r"^collections\.[A-Za-z]+$": "names of Python's modules",
    r"^cluster_": "how DOT knows a frame around nodes",
    r"^(?:border|margin|padding|color|background)[\w-]*: .*$": "CSS",
    r"^Not found$": "of HTTP",
    r"^xMidYMid slice$": "SVG's way to fit a picture",
    r"^(?:app|job) watcher$": "threads",
    r"\$\{[^}]*\}": "JavaScript in a text",
    r"^(?:top|middle|bottom) (?:left|center|right)$": "Plotly's places of text",
}
# fmt: on
"""Proper names and what programs understand, as patterns: what they are. They are not words."""

WORD = r"[^\W\d_]{2,}"
_NAMES = re.compile("|".join(PROPER))
_TWO_WORDS = re.compile(rf"{WORD}[,:;.…]? (?:\S+ )?\(?{WORD}")
_CAPITALISED = re.compile(r"[A-Z][a-z]{2,}(?![a-z]*[A-Z_(])")
_HEADINGS = {
    match[1].strip()
    for file in ROOT.glob("explorer/words/en/**/*.md")
    for match in re.finditer(r"^## +(.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
}
IDS = {"section", "label", "labels", "sections", "count", "listed", "has_label", "glossary",
       "WordedError", "FieldError", "Advised"}  # fmt: skip
"""Called with ids of texts."""
SILENT = {"compile", "search", "match", "fullmatch", "sub", "findall", "finditer", "split",
          "add_argument", "ArgumentParser", "print", "environ", "getenv", "open", "import_module",
          "Literal", "TypeVar", "cast", "startswith", "endswith", "strftime", "warning_once",
          "info", "debug", "exception", "log", "getLogger", "filterwarnings", "warn",
          "Thread", "Desk", "get_option"}  # fmt: skip
UNREAD = {"shortcut", "key", "icon", "textposition", "font_family", "family", "mime",
          "file_name", "type", "dtype", "mode", "on_click", "bind", "comment"}  # fmt: skip
"""Arguments that are never read."""
SPEAKS = {"title", "header", "subheader", "write", "markdown", "caption", "button", "tabs",
          "radio", "selectbox", "segmented_control", "pills", "slider", "select_slider", "toggle",
          "checkbox", "text_input", "number_input", "text_area", "metric", "expander", "warning",
          "error", "success", "toast", "spinner", "download_button", "link_button", "popover",
          "file_uploader", "camera_input", "form_submit_button", "progress", "data_editor",
          "status", "text", "latex"}  # fmt: skip
"""Streamlit's functions whose first argument is read."""
READ = {"label", "title", "help", "placeholder", "text", "caption", "title_text", "xaxis_title",
        "yaxis_title", "legend_title", "hovertemplate", "texttemplate", "ticktext", "page_title",
        "message", "name"}  # fmt: skip
"""Arguments that are read."""


def words_in(path: Path) -> list[tuple[int, str]]:
    """Line and text of every literal of a file that a visitor would read."""
    if str(path.relative_to(ROOT)) in CODE:
        return []
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".js":
        return [(line, text) for line, text in _of_script(source)]
    return sorted(set(_Finder(ast.parse(source)).found))


class _Finder:
    def __init__(self, tree: ast.AST) -> None:
        self.found: list[tuple[int, str]] = []
        self._visit(tree, "")

    def _visit(self, node: ast.AST, place: str) -> None:
        """`place`: "" for anywhere, "read" for a label's or a text's, "id" for an id's."""
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Assert() | ast.Import() | ast.ImportFrom():
                return
            case ast.Constant(value=str() as text):
                self._judge(node.lineno, text, place)
                return
            case ast.JoinedStr():
                text = "".join(
                    part.value if isinstance(part, ast.Constant) else "{}" for part in node.values
                )
                self._judge(node.lineno, text, place)
                for part in node.values:
                    if isinstance(part, ast.FormattedValue):
                        self._visit(part.value, "")
                return
            case ast.Call():
                self._call(node, place)
                return
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for part in (*node.body, *node.args.defaults, *node.decorator_list):
                    self._visit(part, "")
                for part in node.args.kw_defaults:
                    if part is not None:
                        self._visit(part, "")
                return
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                return
            case ast.AnnAssign():
                if node.value is not None:
                    self._visit(node.value, "")
                return
            case ast.Subscript():
                # Keys are ids, or a fault where they are made.
                self._visit(node.value, "")
                if not isinstance(node.slice, ast.Constant):
                    self._visit(node.slice, "")
                return
            case ast.Compare():
                for part in (node.left, *node.comparators):
                    if not isinstance(part, ast.Constant):
                        self._visit(part, "")
                return
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name))) if hasattr(builtins, name):
                return  # for a programmer, as test_only_worded_errors_are_shown sees to it
            case ast.IfExp():
                self._visit(node.test, "")
                self._visit(node.body, place)
                self._visit(node.orelse, place)
                return
        passed = place if isinstance(node, (ast.BinOp, ast.List, ast.Tuple, ast.BoolOp)) else ""
        for child in ast.iter_child_nodes(node):
            self._visit(child, passed)

    def _call(self, node: ast.Call, place: str) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        on_texts = isinstance(node.func, ast.Attribute) and isinstance(
            node.func.value, (ast.Constant, ast.JoinedStr)
        )
        self._visit(node.func, place if on_texts else "")
        if name in SILENT or _is_of_the_log(node):
            return
        for index, part in enumerate(node.args):
            if name in IDS:
                self._visit(part, "id")
            else:
                self._visit(part, "read" if index == 0 and name in SPEAKS else "")
        for keyword in node.keywords:
            if keyword.arg in UNREAD and isinstance(keyword.value, (ast.Constant, ast.JoinedStr)):
                continue
            if name in IDS and keyword.arg:
                self._visit(keyword.value, "")
            else:
                self._visit(keyword.value, "read" if keyword.arg in READ else "")

    def _judge(self, line: int, text: str, place: str) -> None:
        if place == "id" and ("{" in text or " " not in text):
            return
        if place != "read" and _is_heading(text) and not _CAPITALISED.match(text):
            return
        if text.isidentifier() and not text.istitle() and not text.islower():
            return
        for seen in _visible(text):
            seen = _NAMES.sub(" ", seen)
            if _TWO_WORDS.search(seen) or _CAPITALISED.search(seen):
                self.found.append((line, " ".join(seen.split())[:90]))
            elif place == "read" and re.search(WORD, seen.replace("{}", "")):
                self.found.append((line, seen[:90]))


def _is_of_the_log(node: ast.Call) -> bool:
    """A call such as `_LOG.error("%s ...", x)` or `logging.getLogger(name).error("...")`."""
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return "log" in ast.unparse(owner).lower().split("(")[0] if owner else False


def _is_heading(text: str) -> bool:
    """Whether a literal is the heading of a text, or the beginning or the form of one."""
    if "{}" in text:
        form = re.compile(".+".join(map(re.escape, text.split("{}"))))
        return any(form.fullmatch(heading) for heading in _HEADINGS)
    return any(
        heading == text
        or heading.startswith((f"{text} ", f"{text}:"))
        or text in heading.split(", ")
        for heading in _HEADINGS
    )


def _visible(text: str) -> Iterator[str]:
    """The parts of a literal that are read: of HTML, SVG and JavaScript only those."""
    text = re.sub(r"%\{[^}]*\}", " ", text)
    if "=>" in text or "function (" in text:
        yield from (seen for _, seen in _of_script(text))
        return
    if re.search(r"[\w-]+: [^;{]+;", text) and not re.search(r"<\w", text):
        return  # CSS
    if re.search(r"</?\w+[^>]*>?", text) and "<" in text:
        yield from re.findall(r'(?:aria-label|alt|title|placeholder)="([^"{]+)"', text)
        yield re.sub(r"<[^>]*>?|^[^<]*>", " ", text)
        return
    if re.search(r'\w="', text):
        return  # attributes
    yield re.sub(r":material/\w+:|https?://\S+|`[^`]*`", " ", text)


def _of_script(source: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(source.splitlines(), start=1):
        code = re.sub(r"(^|\s)//.*", "", line)
        for _, text in re.findall(r"([\"'`])(.*?)\1", code):
            if re.match(r"</?[a-z]", text):  # markup: a picture's paths are not read
                aloud = re.findall(r'(?:aria-label|alt|title|placeholder)="([^"]+)"', text)
                text = " ".join([*aloud, re.sub(r"<[^>]*>?", " ", text)])
            text = _NAMES.sub(" ", text)
            if _TWO_WORDS.search(text) or re.fullmatch(r"[A-Z][a-z]{2,}[.…]?", text):
                yield number, text


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def left() -> dict[str, int]:
    counted = {short(path): len(words_in(path)) for path in SOURCES}
    return {name: count for name, count in counted.items() if count}


@cache
def _worded() -> set[str]:
    """Names of all errors that are worded when they are read."""
    known, before = {"WordedError"}, 0
    classes = [
        node
        for path in ROOT.glob("explorer/**/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    while before != len(known):
        before = len(known)
        known |= {node.name for node in classes if known & {ast.unparse(b) for b in node.bases}}
    return known


if __name__ == "__main__":
    if "--write" in sys.argv:
        lines = [f'"{name}" = {count}' for name, count in left().items()]
        LEFT.write_text("\n".join([*lines, ""]), encoding="utf-8")
    for path in SOURCES:
        for line, text in words_in(path):
            print(f"{short(path)}:{line}: {text}")
    sys.exit()


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_what_is_read_is_in_words(path):
    allowed = tomllib.loads(LEFT.read_text(encoding="utf-8")).get(short(path), 0)
    found = words_in(path)
    told = "\n".join(f"{short(path)}:{line}: {text}" for line, text in found)
    assert len(found) <= allowed, f"these belong into explorer/words:\n{told}"
    assert len(found) == allowed, (
        f"better than listed ({allowed}): python -m tests.test_words_outside --write"
    )


PAGES = [path for path in SOURCES if {"ui", "pages"} & set(path.relative_to(ROOT).parts)]


@pytest.mark.parametrize("path", [path for path in PAGES if path.suffix == ".py"], ids=short)
def test_only_worded_errors_are_shown(path):
    """The others are for a programmer: whoever catches one words it anew."""
    worded = _worded()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler) and node.name and node.type:
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {ast.unparse(error).rpartition(".")[2] for error in caught}
            assert names <= worded, f"line {node.lineno}"
