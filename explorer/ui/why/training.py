"""Starting trainings: on which pictures, which networks."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from explorer.ui import downloading, picker
from explorer.ui.why import runs
from explorer.ui.why.queue import service, visitor
from explorer.words import glossary, section

_KINDS: Final = {"plain": "none", "option A": "padding", "option B": "projection"}
_DEPTHS: Final = tuple(range(8, 111, 6))
_PICTURES: Final = ("gratings", "CIFAR-10")


def draw() -> None:
    """The form and, below it, the runs."""
    st.write(section("why_residual", "training"))
    pictures = st.segmented_control(
        "Pictures to learn",
        _PICTURES,
        default=_PICTURES[0],
        required=True,
        key="why_pictures",
        bind="query-params",
        persist_state="session",
    )
    usable = pictures == "gratings" or _photographs()
    if pictures == "gratings":
        st.caption(section("why_residual", "gratings"))
    _form(usable)
    runs.draw()


def _photographs() -> bool:
    """What CIFAR-10 is for, or how to get it; whether it is on this machine."""
    from explorer.experiments import cifar10

    if cifar10.present():
        st.caption(section("why_residual", "photographs"))
        return True
    archive = cifar10.archive()
    st.info(
        section("why_residual", "no photographs", variable=cifar10.FOLDER_VARIABLE),
        icon=":material/image_not_supported:",
    )
    downloading.offer(
        archive,
        key="why_download",
        help=f"From {archive.url}, kept on the machine that runs this app, for everybody.",
    )
    return False


def _form(usable: bool) -> None:
    with st.form("why_form", border=True, enter_to_submit=False):
        columns = st.columns(6, vertical_alignment="bottom")
        columns[0].selectbox("Layers (6n+2)", _DEPTHS, _DEPTHS.index(20), key="why_new_depth")
        columns[1].selectbox(
            "Shortcut", list(_KINDS), 1, key="why_new_kind", help=glossary("shortcut")
        )
        columns[2].toggle("Batch norm", value=True, key="why_new_norm")
        columns[3].selectbox("Rate", ["0.1", "0.02"], key="why_new_rate")
        columns[4].number_input("Steps", 10, 2_000, 300, 50, key="why_new_steps")
        columns[5].number_input("Seed", 0, 9_999, 0, key="why_new_seed")
        name, left, right = st.columns(3, vertical_alignment="bottom")
        name.text_input("Name, if you like", max_chars=30, key="why_new_name")
        left.form_submit_button(
            "Train", type="primary", on_click=_start_one, width="stretch", disabled=not usable
        )
        right.form_submit_button(
            "Train the four of the reference",
            on_click=_start_four,
            width="stretch",
            disabled=not usable,
            help="plain-20, ResNet-20, plain-56 and ResNet-56 at rate 0.1, with the steps and the "
            "seed chosen above.",
        )
    if problem := st.session_state.pop("why_problem", None):
        st.error(problem)


def _start_one() -> None:
    state = st.session_state
    _start(
        depth=state.why_new_depth,
        shortcut=_KINDS[state.why_new_kind],
        batch_norm=state.why_new_norm,
        rate=float(state.why_new_rate),
        name=(state.why_new_name or "").strip(),
    )


def _start_four() -> None:
    for depth in (20, 56):
        for shortcut in ("none", "padding"):
            _start(depth=depth, shortcut=shortcut)


def _start(**choices: Any) -> None:
    from explorer.experiments import degradation

    state = st.session_state
    try:
        recipe = degradation.TrainingRecipe(
            **choices,
            pictures=state.why_pictures,
            steps=int(state.why_new_steps),
            seed=int(state.why_new_seed),
            device=picker.current().device,
        )
        runs.add(service().submit(degradation.train, recipe, visitor()))
    except ValueError as problem:
        state["why_problem"] = str(problem)
