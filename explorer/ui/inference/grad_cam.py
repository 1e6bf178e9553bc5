"""Grad-CAM at every stage."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.ui import controls
from explorer.ui.inference import cache
from explorer.ui.inference.answer import overflow
from explorer.ui.inference.origin_state import open_at
from explorer.ui.inference.picture import picture
from explorer.ui.inference.scene import Scene
from explorer.ui.inference.true_label import true_label
from explorer.views.titles import called
from explorer.words import glossary, label, section

if TYPE_CHECKING:
    from explorer.experiments.inference import Prediction

_TOP: Final = "top"
_NONE: Final = "none"
MOST_CLASSES: Final = 1_000
"""Offered altogether: ImageNet's, whose names a visitor searches. More have numbers for names."""
LIKELIEST: Final = 200


def draw(scene: Scene) -> None:
    """Where the evidence for a class lies, in the last block of every stage."""
    from explorer.views.rasters import enlarged, heat_over

    prediction = cache.prediction(scene)
    if not prediction.finite:
        st.warning(overflow(scene), icon=":material/error:")
        return
    left, right = st.columns(2)
    with left:
        wanted = choose_class(scene, prediction)
    stages = [stage.blocks[-1].path for stage in scene.blueprint.stages]
    with right:
        extra = controls.choice(
            "infer_cam_block",
            [_NONE, *(block.path for block in scene.blueprint.blocks)],
            kind="select",
            shown=lambda path: (
                label(f"infer_cam_block.{path}") if path == _NONE else called(scene.blueprint, path)
            ),
        )
    blocks = [*stages, extra] if extra != _NONE and extra not in stages else stages
    target = prediction.best.index if wanted == _TOP else int(wanted)
    with st.spinner(section("inference", "computing the gradients")):
        maps = cache.cams(scene, target, tuple(blocks))
    guess = prediction.guess(target)
    share = f"{guess.probability:.1%}"
    st.write(section("inference", "evidence", answer=guess.name, share=share))
    photograph = enlarged(scene.prepared.cropped, 256)
    shown = [(photograph, label("infer_cam.picture"))]
    for path in blocks:
        values = maps[path]
        names = {"title": scene.blueprint.block(path).title, "path": path}
        if not bool(values.isfinite().all()):
            shown.append((photograph, label("infer_cam.overflow", **names)))
        elif (peak := float(values.max())) > 0:
            height, width = values.shape
            words = label("infer_cam.map", **names, height=height, width=width)
            shown.append((heat_over(photograph, (values / peak).numpy()), words))
        else:
            shown.append((photograph, label("infer_cam.silent", **names)))
    with st.container(key="infer_cams"):
        columns = st.columns(len(shown))
    for index, (column, (image, words)) in enumerate(zip(columns, shown, strict=True)):
        with column:
            picture(scene, image, words, f"infer_cam_{index}")
    st.markdown(section("inference", "grad-cam"), help=glossary("Grad-CAM"))
    st.caption(section("inference", "grad-cam reading"))
    st.button(
        label("origin.from_logit"),
        icon=":material/account_tree:",
        key="infer_cam_origin",
        on_click=open_at,
        args=(f"fc,{target}",),
    )


def choose_class(
    scene: Scene, prediction: Prediction, key: str = "infer_class", default: str = _TOP
) -> str:
    """The class to look for: "top", or its index.

    Of very many classes the likeliest are offered, and any other is found by its number: each
    rerun would send the whole list.

    Args:
        scene: its classes are offered.
        prediction: what the network answers.
        key: of the control, in the address.
        default: what is chosen where the address says nothing.
    """
    classes = scene.classes
    offered = list(map(str, range(len(classes))))
    options: dict[str, Any] = {}
    if len(classes) > MOST_CLASSES:
        offered = [str(guess.index) for guess in prediction.top(LIKELIEST)]
        for asked in (_index(str(controls.held(key))), default):
            if _is_index(asked, len(classes)) and asked not in offered:
                offered.append(asked)
        options = {
            "accept_new_options": True,
            "on_change": partial(_find, key, len(classes), default),
            "help": section("inference", "many classes", offered=LIKELIEST, last=len(classes) - 1),
        }
    true = str(true_label(scene))
    chosen: str = controls.choice(
        key,
        [_TOP, *offered],
        default=default,
        kind="select",
        shown=lambda one: (
            label("infer_class.top")
            if one == _TOP
            else label(
                "infer_class.true" if one == true else "infer_class.one",
                name=classes[int(one)],
                index=one,
            )
        ),
        former=_index,
        label=label("infer_class.label"),
        **options,
    )
    return chosen


def choose_true_class(scene: Scene, prediction: Prediction, key: str) -> int:
    """Draw the choice of the class that is taken for true; its index.

    It begins with the class that Grad-CAM on the same page looks for, if that is one, else with
    the picture's own label where that is known, else with the answer.
    """
    true = true_label(scene)
    usual = _TOP if true is None else str(true)
    elsewhere = _index(str(controls.held("infer_class")))
    if controls.page() == "inference" and _is_index(elsewhere, len(scene.classes)):
        usual = elsewhere
    # With another picture the default is another one, and stays one.
    before = st.session_state.get(f"{key}_usual", usual)
    if before != usual and not st.query_params.get(key):
        controls.put(key, usual, usual)
    st.session_state[f"{key}_usual"] = usual
    wanted = choose_class(scene, prediction, key, usual)
    return prediction.best.index if wanted == _TOP else int(wanted)


def _find(key: str, classes: int, default: str) -> None:
    """Take a typed number, or a name, for the class it means; the top answer for anything else."""
    index = _index(str(controls.held(key)))
    controls.put(key, index if _is_index(index, classes) else _TOP, default)


def _is_index(text: str, classes: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 7 and int(text) < classes


def _index(text: str) -> str:
    """The index in a class's name: "tabby (281)", as links of before say it, or "class 281"."""
    found = re.fullmatch(r".*\(([0-9]{1,6})\)|class ([0-9]{1,6})", text)
    return found[1] or found[2] if found else text
