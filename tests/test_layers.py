"""Imports go one way, and what opens quickly loads nothing heavy."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "words": {"words"},
    "architecture": {"words", "architecture"},
    "networks": {"words", "architecture", "networks"},
    "experiments": {"words", "architecture", "networks", "experiments"},
    "views": {"words", "architecture", "networks", "experiments", "views"},
    "lessons": {"words", "architecture", "networks", "experiments", "lessons"},
    "ui": {"words", "architecture", "networks", "experiments", "views", "lessons", "ui"},
    "pages": {"words", "architecture", "networks", "experiments", "views", "lessons", "ui"},
}
SOURCES = sorted([*ROOT.glob("explorer/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"])


def layer_of(path):
    first, *rest = path.relative_to(ROOT).parts
    return rest[0] if first == "explorer" else "pages"


@cache
def imported_by(path):
    """Full names of all modules that a file imports, wherever in it."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(names)


def short(path):
    return str(path.relative_to(ROOT))


def test_every_layer_is_known():
    folders = {path.name for path in (ROOT / "explorer").iterdir() if any(path.glob("*.py"))}
    assert folders - {"explorer"} <= set(MAY_IMPORT)


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_imports_go_one_way(path):
    layer = layer_of(path)
    if path.parent == ROOT / "explorer":
        return
    for name in imported_by(path):
        if name.startswith("explorer."):
            imported = name.split(".")[1]
            assert imported in MAY_IMPORT[layer], f"{layer} must not import {name}"
        assert not name.startswith(("pages.", "app.", "tests.")), name


def test_no_import_runs_in_a_circle():
    """Inside functions and for type checking only counts too: a circle is one subject cut in two,
    or two mixed in one file."""
    files = {module_of(path): path for path in SOURCES if layer_of(path) != "pages"}
    arrows = {
        name: {
            found for used in imported_by(path) if (found := known(used, files)) and found != name
        }
        for name, path in files.items()
    }
    while arrows:
        reached = {target for targets in arrows.values() for target in targets}
        ends = [name for name in arrows if name not in reached or not arrows[name] & arrows.keys()]
        if not ends:
            break
        for name in ends:
            del arrows[name]
    assert not arrows, f"a circle among {sorted(arrows)}"


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def known(name, files):
    """The module of an imported name, which may be a name in a module."""
    while name and name not in files:
        name = name.rpartition(".")[0]
    return name


EVERYBODYS = {"controls", "picker"}
"""Folders of explorer/ui that belong to no page: rooms of several files."""


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.parent.parent == ROOT / "explorer" / "ui"], ids=short
)
def test_pages_do_not_borrow_from_pages_folders(path):
    """What two pages need has a room of its own."""
    if path.parent.name == "server":
        return
    folders = {one.name for one in (ROOT / "explorer" / "ui").iterdir() if one.is_dir()}
    folders -= EVERYBODYS
    for name in imported_by(path):
        parts = name.split(".")
        if parts[:2] == ["explorer", "ui"] and parts[2] in folders:
            assert parts[2] == path.parent.name, f"{short(path)} borrows {name}"


@pytest.mark.parametrize("path", [path for path in SOURCES if layer_of(path) == "pages"], ids=short)
def test_no_page_draws_a_string_by_the_way(path):
    """Streamlit draws what stands alone on a line of a page: a note about a constant, too."""
    _, *rest = ast.parse(path.read_text(encoding="utf-8")).body
    alone = [node for node in rest if isinstance(node, ast.Expr)]
    assert not [node.lineno for node in alone if isinstance(node.value, ast.Constant)]


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_streamlit_is_imported_at_the_top_only(path):
    if layer_of(path) not in ("ui", "pages"):
        found = [name for name in imported_by(path) if name.split(".")[0] == "streamlit"]
        assert not found, f"only explorer/ui, pages and app.py know Streamlit: {found}"


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_torchvision_has_one_door(path):
    if path.name != "torchvision_import.py":
        found = [name for name in imported_by(path) if name.split(".")[0] == "torchvision"]
        assert not found, "import it from explorer.networks.torchvision_import"


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_files_are_asked_for_through_one_door(path):
    """The server takes files only from visitors whose page has asked for one."""
    if path.name != "asking_for_files.py":
        source = path.read_text(encoding="utf-8")
        assert "st.file_uploader" not in source
        assert "st.camera_input" not in source


@pytest.mark.parametrize("path", sorted(ROOT.glob("pages/*.py")), ids=short)
def test_a_page_is_a_short_script(path):
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) < 120
    texts = [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    long = [text for text in texts if len(text) > 200]
    assert not long, "texts for readers live in explorer/words"


@pytest.mark.parametrize(
    "forbidden",
    ["unsafe_allow_html", "use_container_width", "components.v1", "data-testid", "/home/", "/tmp/"],
)
def test_words_that_no_source_contains(forbidden):
    found = [short(path) for path in SOURCES if forbidden in path.read_text(encoding="utf-8")]
    assert not found


def test_streamlits_own_elements_are_named_in_two_files():
    """They may be called otherwise in its next version; tests/browser sees what then fails."""
    files = [path for kind in ("css", "js") for path in ROOT.glob(f"explorer/**/*.{kind}")]
    found = {path.name for path in files if "data-testid" in path.read_text(encoding="utf-8")}
    assert found == {"frame.css", "link.js"}


# --- what is really loaded ----------------------------------------------------------------------


def loads(names, heavy):
    """Which of these modules load something heavy first, imported in turn in a new process."""
    script = f"""
import importlib, sys
seen = set()
for name in {names!r}:
    importlib.import_module(name)
    new = {{module for module in {heavy!r} if module in sys.modules}} - seen
    if new:
        print(name, "loads", *sorted(new))
    seen |= new
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def modules(layer):
    folder = ROOT / "explorer" / layer
    names = [path.relative_to(ROOT).with_suffix("") for path in sorted(folder.rglob("*.py"))]
    return [".".join(name.parts).removesuffix(".__init__") for name in names]


@pytest.mark.parametrize(
    ("layer", "heavy"),
    [
        ("words", {"torch", "streamlit", "numpy", "pandas", "plotly", "explorer.architecture"}),
        ("architecture", {"torch", "streamlit", "numpy", "pandas", "plotly"}),
        ("lessons", {"torch", "streamlit"}),
        ("views", {"torch", "streamlit"}),
    ],
)
def test_light_layers_load_nothing_heavy(layer, heavy):
    assert loads(modules(layer), heavy) == []


def test_the_frame_does_not_load_torch():
    frame = ["cache", "chart", "drawing", "link", "navigation", "picker"]
    assert loads([f"explorer.ui.{name}" for name in frame], {"torch"}) == []
