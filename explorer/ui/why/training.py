"""Starting trainings: on which pictures, which networks."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from explorer.ui import controls, downloading, focus, hiding, picker
from explorer.ui.why import runs
from explorer.ui.why.queue import remember, service, visitor
from explorer.words import WordedError, glossary, label, section

_SHORTCUTS: Final = ("none", "padding", "projection")
_RATES: Final = ("0.1", "0.02")
HIDE: Final = "why_hide"
"""`why_hide=results` keeps the losses of the reference runs back."""
_DEPTHS: Final = tuple(range(8, 111, 6))


def draw() -> None:
    """The four of the reference and their curves first; a run of one's own below them."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    pictures = controls.settled("why_pictures", runs.PICTURES, runs.PICTURES[0])
    usable = pictures == "gratings" or _present()
    left.button(
        label("why_train.four"),
        key="why_train_four",
        type="primary",
        on_click=_start_four,
        disabled=not usable,
        help=section("why_residual", "the four"),
    )
    with right:
        controls.choice("why_pictures", runs.PICTURES, label_visibility="collapsed")
    if not usable:
        _download()
    if problem := st.session_state.pop("why_problem", None):
        st.error(problem)
    runs.draw()
    # Who starts a run of their own below is led back to where its curve grows.
    focus.follow("why_focus", controls.text(runs.RUNS, 200), "why_loss", "figure")
    with st.expander(label("why_train.own")):
        _form(usable)
    if usable:
        st.caption(section("why_residual", pictures))
    if not hiding.hidden(HIDE):
        from explorer.experiments.degradation import REFERENCE

        st.caption(section("why_residual", f"reference {pictures}", **REFERENCE[pictures]))
    else:
        hiding.offer_results(HIDE)
    remember()


def _present() -> bool:
    from explorer.experiments import cifar10

    return cifar10.present()


def _download() -> None:
    """How to get CIFAR-10."""
    from explorer.experiments import cifar10

    archive = cifar10.archive()
    st.info(
        section("why_residual", "no photographs", variable=cifar10.FOLDER_VARIABLE),
        icon=":material/image_not_supported:",
    )
    downloading.offer(
        archive,
        key="why_download",
        help=section("why_residual", "where from", url=archive.url),
    )


def _form(usable: bool) -> None:
    with st.form("why_form", border=False, enter_to_submit=False):
        columns = st.columns([3, 4, 4, 3, 4, 4], vertical_alignment="bottom")
        columns[0].selectbox(
            label("why_new_depth.label"), _DEPTHS, _DEPTHS.index(20), key="why_new_depth"
        )
        columns[1].selectbox(
            label("why_new_kind.label"),
            _SHORTCUTS,
            1,
            format_func=lambda kind: label(f"why_new_kind.{kind}"),
            key="why_new_kind",
            help=glossary("shortcut"),
        )
        columns[2].toggle(label("why_new_norm.label"), value=True, key="why_new_norm")
        columns[3].selectbox(label("why_new_rate.label"), _RATES, key="why_new_rate")
        columns[4].number_input(
            label("why_new_steps.label"), 10, 2_000, 300, 50, key="why_new_steps"
        )
        columns[5].number_input(label("why_new_seed.label"), 0, 9_999, 0, key="why_new_seed")
        name, right = st.columns(2, vertical_alignment="bottom")
        name.text_input(label("why_new_name.label"), max_chars=30, key="why_new_name")
        right.form_submit_button(
            label("why_train.one"),
            on_click=_start_one,
            width="stretch",
            disabled=not usable,
        )


def _start_one() -> None:
    state = st.session_state
    _start(
        depth=state.why_new_depth,
        shortcut=state.why_new_kind,
        batch_norm=state.why_new_norm,
        rate=float(state.why_new_rate),
        name=(state.why_new_name or "").strip(),
        steps=int(state.why_new_steps),
        seed=int(state.why_new_seed),
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
            pictures=runs.chosen_pictures(),
            device=picker.current().device,
        )
        runs.add(service().submit(degradation.train, recipe, visitor()))
    except WordedError as problem:
        state["why_problem"] = str(problem)
