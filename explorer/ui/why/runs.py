"""Training runs on screen: progress, curves, results, and what deleting blocks does."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.experiments.jobs import ENDED
from explorer.ui import chart
from explorer.ui.why import deletions
from explorer.ui.why.queue import service, visitor
from explorer.views import why_charts
from explorer.words import quoted

if TYPE_CHECKING:
    from explorer.experiments.degradation import TrainingRecipe
    from explorer.experiments.jobs import Status

_MOST: Final = 8


def draw() -> None:
    """The runs of the address: while one is unfinished, this part reruns by itself."""
    st.text_input(
        "Runs on the chart",
        key="why_runs",
        bind="query-params",
        persist_state="session",
        max_chars=200,
        help="Ids of runs on this server, separated by commas: add a classmate's to compare. "
        "They are part of the link.",
    )
    identifiers = _identifiers()
    if not identifiers:
        st.info("No run yet: train one network, or all four of the reference run.")
        return
    statuses = _statuses(identifiers)
    active = any(status.state not in ENDED for status in [*statuses, *deletions.of(statuses)])
    st.fragment(_watch, run_every=0.8 if active else None)()


def add(identifier: str) -> None:
    """Put a run on the chart; the oldest makes room."""
    st.session_state["why_runs"] = ",".join([*_identifiers(), identifier][-_MOST:])


def _identifiers() -> list[str]:
    typed = st.session_state.get("why_runs") or ""
    return [part for part in typed.replace(" ", "").split(",") if part][:_MOST]


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
    lines = {_label(status): status.points for status in _comparable(statuses)}
    if any(lines.values()):
        left, right = st.columns(2)
        with left:
            figure = why_charts.training(lines, "loss")
            chart.show(figure, key="why_loss", alt="Training loss by step")
        with right:
            figure = why_charts.training(lines, "accuracy")
            chart.show(figure, key="why_accuracy", alt="Training accuracy by step")
    _results(statuses)
    deletions.draw(statuses, _label)
    ended = all(status.state in ENDED for status in [*statuses, *deletions.of(statuses)])
    if ended and st.session_state.get("why_active"):
        st.session_state["why_active"] = False
        st.rerun()
    st.session_state["why_active"] = not ended


def _comparable(
    statuses: list[Status[TrainingRecipe, Any]],
) -> list[Status[TrainingRecipe, Any]]:
    """The runs on the chosen pictures, or all where there is none: losses of two kinds of
    pictures share no axis."""
    chosen = st.session_state["why_pictures"]
    return [one for one in statuses if one.recipe.pictures == chosen and one.points] or statuses


def _progress(status: Status[TrainingRecipe, Any]) -> None:
    if status.state in ("done", "cancelled"):
        return
    if status.state == "failed":
        st.error(f"{_in_words(status.recipe)}: {status.problem}")
        return
    button, bar = st.columns([1, 6], vertical_alignment="center")
    if status.owner == visitor():
        button.button(
            "Cancel",
            key=f"why_cancel_{status.id}",
            on_click=service().cancel,
            args=(status.id, visitor()),
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
            "training loss, last 50 steps": _number(status.result and status.result.train_loss),
            "test accuracy, %": _number(status.result and 100 * status.result.test_accuracy, 1),
            "seconds": round(status.seconds, 1),
        }
        for status in statuses
    ]
    if not rows:
        return
    st.dataframe(rows, hide_index=True, width="stretch")
    text = why_charts.curves_csv(
        {status.id: (status.recipe.title, status.points) for status in statuses}
    )
    st.download_button("Curves as CSV", text, "training_runs.csv", "text/csv", key="why_csv")


def _label(status: Status[TrainingRecipe, Any]) -> str:
    """Tells two runs of one recipe apart; for places that show text as it is."""
    return f"{status.recipe.title} ({status.id[:4]})"


def _in_words(recipe: TrainingRecipe) -> str:
    """The recipe's title for Markdown: a name is a visitor's, and others may watch the run."""
    return f"{quoted(recipe.name)}: {recipe.network}" if recipe.name else recipe.network


def _number(value: float | None, digits: int = 3) -> str:
    if value is None:
        return ""
    return "diverged" if math.isnan(value) else f"{value:.{digits}f}"
