"""Training runs: start, watch, cancel, compare, delete blocks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.lessons import glossary, section
from explorer.ui import cache, chart, picker
from explorer.ui.words import quoted
from explorer.views import why_charts, why_tables

if TYPE_CHECKING:
    from explorer.experiments.degradation import TrainingRecipe
    from explorer.experiments.jobs import JobService, Status

_MOST: Final = 8
_KINDS: Final = {"plain": "none", "option A": "padding", "option B": "projection"}
_DEPTHS: Final = tuple(range(8, 111, 6))


@st.cache_resource
def service() -> JobService:
    """The one queue of this server: one training at a time, in a process of its own."""
    from explorer.experiments.jobs import JobService, worker_process

    return JobService(worker_process)


def draw() -> None:
    """The form, the runs on the chart, their results, and what deleting blocks does to them."""
    st.write(section("why_residual", "training"))
    _form()
    _address()
    identifiers = _identifiers()
    if not identifiers:
        st.info("No run yet: train one network, or all four of the reference run.")
        return
    active = any(status.state in ("queued", "running") for status in _statuses(identifiers))
    st.fragment(_watch, run_every=0.8 if active else None)()


def _form() -> None:
    with st.form("why_form", border=True):
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
        left.form_submit_button("Train", type="primary", on_click=_start_one, width="stretch")
        right.form_submit_button(
            "Train the four of the reference", on_click=_start_four, width="stretch"
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
        steps=int(state.why_new_steps),
        seed=int(state.why_new_seed),
        name=(state.why_new_name or "").strip(),
    )


def _start_four() -> None:
    for depth in (20, 56):
        for shortcut in ("none", "padding"):
            _start(depth=depth, shortcut=shortcut)


def _start(**choices: Any) -> None:
    from explorer.experiments import degradation

    try:
        device = cache.device_for(picker.current().device).id
        recipe = degradation.TrainingRecipe(**choices, device=device)
        started = service().submit(degradation.train, recipe)
    except ValueError as problem:
        st.session_state["why_problem"] = str(problem)
        return
    st.session_state["why_runs"] = ",".join([*_identifiers(), started][-_MOST:])


def _identifiers() -> list[str]:
    typed = st.session_state.get("why_runs") or ""
    return [part for part in typed.replace(" ", "").split(",") if part][:_MOST]


def _address() -> None:
    """The runs on screen, in the URL and to be shared; other people's ids can be added."""
    st.text_input(
        "Runs on the chart",
        key="why_runs",
        bind="query-params",
        persist_state="session",
        max_chars=200,
        help="Ids of runs on this server, separated by commas: add a classmate's to compare. "
        "They are part of the link.",
    )


def _statuses(identifiers: list[str]) -> list[Status[TrainingRecipe, Any]]:
    found = []
    for identifier in identifiers:
        try:
            found.append(service().status(identifier))
        except KeyError:
            continue
    return found


def _watch() -> None:
    identifiers = _identifiers()
    statuses = _statuses(identifiers)
    if missing := set(identifiers) - {status.id for status in statuses}:
        st.warning(
            f"Not on this server, or forgotten since: {', '.join(map(quoted, sorted(missing)))}. "
            "Results are kept while the server runs, the last 40 of them."
        )
    for status in statuses:
        _progress(status)
    lines = {_label(status): status.points for status in statuses}
    if any(lines.values()):
        left, right = st.columns(2)
        with left:
            figure = why_charts.training(lines, "loss", "training loss (log scale)", log=True)
            chart.show(figure, key="why_loss", alt="Training loss by step")
        with right:
            figure = why_charts.training(lines, "accuracy", "training accuracy", log=False)
            chart.show(figure, key="why_accuracy", alt="Training accuracy by step")
    _results(statuses)
    _deletions(statuses)
    ended = all(status.state not in ("queued", "running") for status in statuses)
    if ended and st.session_state.get("why_active"):
        st.session_state["why_active"] = False
        st.rerun()
    st.session_state["why_active"] = not ended


def _progress(status: Status[TrainingRecipe, Any]) -> None:
    if status.state in ("done", "cancelled"):
        return
    if status.state == "failed":
        st.error(f"{_in_words(status.recipe)}: {status.problem}")
        return
    button, bar = st.columns([1, 6], vertical_alignment="center")
    button.button(
        "Cancel",
        key=f"why_cancel_{status.id}",
        on_click=service().cancel,
        args=(status.id,),
        width="stretch",
    )
    done = status.points[-1]["step"] if status.points else 0
    name = _in_words(status.recipe)
    if status.state == "queued":
        text = f"{name}: waiting, {status.position} before it in the queue"
    elif not done:
        text = f"{name}: starting"
    else:
        left = status.seconds / done * (status.recipe.steps - done)
        text = f"{name}: step {done} of {status.recipe.steps}, {left:.0f} s left"
    bar.progress(done / status.recipe.steps, text)


def _results(statuses: list[Status[TrainingRecipe, Any]]) -> None:
    rows = [
        {
            "run": status.id,
            "network": status.recipe.title,
            "state": status.state,
            "training loss": _number(status.result and status.result.train_loss),
            "test accuracy": _number(status.result and status.result.test_accuracy),
            "seconds": round(status.seconds, 1),
        }
        for status in statuses
    ]
    if not rows:
        return
    st.dataframe(rows, hide_index=True, width="stretch")
    text = why_tables.curves_csv(
        {status.id: (status.recipe.title, status.points) for status in statuses}
    )
    st.download_button("Curves as CSV", text, "training_runs.csv", "text/csv", key="why_csv")


def _label(status: Status[TrainingRecipe, Any]) -> str:
    """Tells two runs of one recipe apart; for places that show text as it is."""
    return f"{status.recipe.title} ({status.id[:4]})"


def _in_words(recipe: TrainingRecipe) -> str:
    """The recipe's title for Markdown: a name is a visitor's, and others may watch the run."""
    return f"{quoted(recipe.name)}: {recipe.network}" if recipe.name else recipe.network


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return "diverged" if math.isnan(value) else f"{value:.3f}"


def _deletions(statuses: list[Status[TrainingRecipe, Any]]) -> None:
    done = {
        _label(status): status
        for status in statuses
        if status.result is not None and not status.result.diverged
    }
    if not done:
        return
    st.subheader("Delete one block", anchor=False)
    st.write(section("why_residual", "deletions"))
    title = st.selectbox("Trained network", list(done), key="why_deleted")
    status = done[title]
    weights = str(status.result.weights) if status.result else ""
    blueprint = cache.blueprint_of(status.recipe.spec, 12)
    place = st.empty()
    with place, st.spinner("Deleting each block in turn …"):
        whole, after = _accuracies(status.id, status.recipe, weights)
    paths = [block.path for block in blueprint.blocks]
    figure = why_charts.deletions([b.title for b in blueprint.blocks], paths, after, whole)
    with place:
        chart.show(figure, key="why_deletions", alt="Accuracy after deleting each block")


@st.cache_data(max_entries=40, show_spinner=False)
def _accuracies(run: str, _recipe: TrainingRecipe, _weights: str) -> Any:
    from pathlib import Path

    from explorer.experiments import degradation

    return degradation.deletions(_recipe, Path(_weights))
