"""Class names and preprocessing of a visitor's own weights: a file cannot say them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.architecture import NetworkSpec
from explorer.ui import controls, uploads
from explorer.ui.asking_for_files import file_uploader, keep
from explorer.ui.inference.own_verdict import VALUES, side
from explorer.ui.own_weights import Mine
from explorer.words import label, section

if TYPE_CHECKING:
    from explorer.experiments.inference_setup import Setup
    from explorer.experiments.preprocess import Preprocessing

_NAMES: Final = "infer_names"
_NAMES_FILE: Final = "class_names"
_TYPED: Final = "infer_typed_names"
_LONGEST: Final = 100_000
_LONGEST_NAME: Final = 80
_HARMLESS: Final = str.maketrans("[]{}_\\", "()() /", "*`$<>~|#")


def setup_of(mine: Mine, spec: NetworkSpec, base: Setup, device: str) -> Setup:
    """Draw the controls; the setup with the names and the preprocessing that they say."""
    with st.expander(label("infer_own_setup.label")):
        recipe = _recipe(mine, spec, device)
        classes = _classes(mine, spec)
    return replace(base, spec=spec, recipe=recipe, classes=classes)


def _recipe(mine: Mine, spec: NetworkSpec, device: str) -> Preprocessing:
    from explorer.experiments import framing, readings, weighing

    candidates = weighing.candidates(mine.found)
    usual = weighing.usual_of(mine.found)
    recipe = framing.usual(spec, side(mine, spec, device))
    frame = controls.choice(
        "infer_frame",
        (framing.WHOLE, framing.MIDDLE),
        default=framing.frame_of(recipe),
        help=section("recognition", "frame"),
    )
    recipe = framing.framed(recipe, frame)
    chosen = controls.choice(
        VALUES,
        (*candidates, "typed"),
        kind="select",
        optional=True,
        placeholder=label(f"{VALUES}.{usual}"),
        help=section("recognition", "values"),
    )
    if chosen != "typed":
        values = candidates.get(chosen or usual, candidates[usual])
        return readings.with_values(recipe, values)
    mean, std = (
        st.text_input(label(f"infer_typed.{name}"), start, max_chars=80, key=f"infer_typed_{name}")
        for name, start in (("mean", "0.5, 0.5, 0.5"), ("std", "0.5, 0.5, 0.5"))
    )
    bgr = st.toggle(label("infer_typed.bgr"), key="infer_typed_bgr")
    numbers = [_numbers(text) for text in (mean, std)]
    if numbers[0] is None or numbers[1] is None or not all(numbers[1]):
        st.error(section("recognition", "three numbers"), icon=":material/error:")
        return readings.with_values(recipe, candidates[usual])
    return readings.with_values(recipe, (numbers[0], numbers[1], bgr))


def _numbers(text: str) -> tuple[float, float, float] | None:
    """Three numbers, or one for all channels."""
    try:
        found = [float(part) for part in text.replace(",", " ").split()]
    except ValueError:
        return None
    if len(found) == 1:
        found *= 3
    if len(found) != 3 or not all(abs(number) < 1e6 for number in found):
        return None
    return (found[0], found[1], found[2])


def _classes(mine: Mine, spec: NetworkSpec) -> tuple[str, ...]:
    from explorer.experiments import cifar10
    from explorer.networks.published_weights import imagenet_classes

    numbered = tuple(label("infer_own_setup.class", n=index) for index in range(spec.num_classes))
    if mine.found.head == "none":
        return numbered
    if mine.found.head == "sigmoid":
        numbered = (label("infer_own_setup.positive"),)
    known: dict[str, tuple[str, ...]] = {"numbers": numbered}
    if spec.num_classes == 1000:
        known = {"imagenet": imagenet_classes(), **known}
    if spec.num_classes == len(cifar10.CLASSES):
        known["cifar10"] = cifar10.CLASSES
    chosen = controls.choice(
        _NAMES, (*known, "typed"), kind="select", help=section("recognition", "names")
    )
    return known[chosen] if chosen in known else _typed(spec.num_classes, numbered)


def _typed(classes: int, numbered: tuple[str, ...]) -> tuple[str, ...]:
    """Names typed, or from a text file, one a line; a JSON list or dict too."""
    upload: Any = file_uploader(label("infer_own_setup.file"), key="infer_names_file")
    if upload is not None:
        keep(_NAMES_FILE, [upload])
    mine = uploads.kept(_NAMES_FILE)
    text = mine[-1].data[:_LONGEST].decode("utf-8", "replace") if mine else ""
    typed = st.text_area(
        label("infer_own_setup.typed"), text or None, max_chars=_LONGEST, key=_TYPED, height=120
    )
    names = tuple(harmless(name) for name in names_in(typed or text))
    if not names:
        return numbered
    if len(names) != classes:
        st.warning(section("recognition", "number of names", given=len(names), classes=classes))
        return numbered
    return names


def harmless(name: str) -> str:
    """A class name without what headings, links and captions would read as Markdown: it stands in
    many sentences, and in charts, where a backslash would show."""
    return " ".join(name.translate(_HARMLESS).replace(":", ": ").split()) or "?"


def _is_place(said: object) -> bool:
    """Whether a list of names may say this of where a name stands in it."""
    text = str(said) if isinstance(said, str | int) else ""
    return text.isascii() and text.isdigit() and len(text) < 10


def names_in(text: str) -> tuple[str, ...]:
    """Class names from text: a JSON list, a JSON dict of index -> name or name -> index, or one
    name a line (with commas in a single line)."""
    import json

    text = text.strip().removeprefix("\ufeff")
    found: list[Any] = []
    if text.startswith(("[", "{")):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, list):
            found = value
        elif isinstance(value, dict):
            by_index = all(_is_place(key) for key in value)
            pairs = [(key, name) if by_index else (name, key) for key, name in value.items()]
            if all(_is_place(index) for index, _ in pairs):
                found = [name for _, name in sorted(pairs, key=lambda pair: int(pair[0]))]
        # ImageNet's lists pair a synset with each name.
        found = [one[-1] if isinstance(one, list) and one else one for one in found]
    if not found:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        found = lines[0].split(",") if len(lines) == 1 and "," in lines[0] else lines
    # A name is no list, whose text could be as deep as Python's own stack.
    said = (one if isinstance(one, str | int | float) else "" for one in found)
    return tuple(str(one).strip()[:_LONGEST_NAME] for one in said)
