"""Training runs on screen: progress, curves, results, and what deleting blocks does."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import streamlit as st

from explorer.experiments.jobs import ENDED
from explorer.ui import chart, controls
from explorer.ui.why import deletions
from explorer.ui.why.queue import service, started, visitor
from explorer.views import why_charts
from explorer.views.tables import worded
from explorer.words import label, quoted, section

if TYPE_CHECKING:
    from explorer.experiments.degradation import DeletionResult, TrainingRecipe
    from explorer.experiments.jobs import Status
    from explorer.experiments.training_data import Pictures

    Training = Status[TrainingRecipe, Any]

PICTURES: Final[tuple[Pictures, ...]] = ("gratings", "cifar10")
_MOST: Final = 8


def draw() -> None:
    """The runs of the address: while one is unfinished, this part reruns by itself."""
    st.text_input(
        label("why_runs.label"),
        key="why_runs",
        max_chars=200,
        help=section("why_residual", "runs help"),
        **controls.BOUND,
    )
    if not _identifiers():
        st.info(section("why_residual", "no run yet"))
        return
    seen = _look()
    # The first run of the part shows what was just seen; each later one looks again.
    fresh = [seen]
    st.fragment(_watch, run_every=0.8 if seen.active else None)(fresh, seen.active)


def chosen_pictures() -> Pictures:
    """What the trainings of this page learn from."""
    found: Pictures = controls.settled("why_pictures", PICTURES, PICTURES[0])
    return found


def add(identifier: str) -> None:
    """Put a run on the chart; the oldest makes room."""
    st.session_state["why_runs"] = ",".join([*_identifiers(), identifier][-_MOST:])


def _identifiers() -> list[str]:
    typed = st.session_state.get("why_runs") or ""
    return [part for part in typed.replace(" ", "").split(",") if part][:_MOST]


class _Seen(NamedTuple):
    """The runs of the address as they are at one moment, and the deletions ordered of them."""

    statuses: list[Training]
    deletions: dict[str, Status[Any, DeletionResult]]

    @property
    def active(self) -> bool:
        jobs = (*self.statuses, *self.deletions.values())
        return any(job.state not in ENDED for job in jobs)


def _look() -> _Seen:
    found = []
    for identifier in _identifiers():
        try:
            found.append(service().status(identifier))
        except KeyError:
            continue
    return _Seen(found, deletions.of(found))


def _watch(fresh: list[_Seen], active: bool) -> None:
    """Show the runs; the whole page runs again when it is no longer true that one is `active`."""
    seen = fresh.pop() if fresh else _look()
    statuses = seen.statuses
    if missing := set(_identifiers()) - {status.id for status in statuses}:
        ids = label("list.comma").join(map(quoted, sorted(missing)))
        st.warning(section("why_residual", "runs not here", ids=ids))
    for status in statuses:
        _progress(status)
    lines = {_named(status): status.points for status in _comparable(statuses)}
    if any(lines.values()):
        left, right = st.columns(2)
        with left:
            figure = why_charts.training(lines, "loss")
            chart.show(figure, key="why_loss", alt=label("why_alt.loss"))
        with right:
            figure = why_charts.training(lines, "accuracy")
            chart.show(figure, key="why_accuracy", alt=label("why_alt.accuracy"))
    _results(statuses)
    deletions.draw(statuses, seen.deletions, _named)
    if seen.active != active:
        st.rerun()


def _comparable(statuses: list[Training]) -> list[Training]:
    """The runs on the chosen pictures, or all where there is none: losses of two kinds of
    pictures share no axis."""
    chosen = chosen_pictures()
    return [one for one in statuses if one.recipe.pictures == chosen and one.points] or statuses


def _progress(status: Training) -> None:
    if status.state in ("done", "cancelled"):
        return
    if status.state == "failed":
        st.error(label("named.of", name=_in_words(status.recipe), what=status.problem))
        return
    button, bar = st.columns([1, 6], vertical_alignment="center")
    if started(status.owner):
        button.button(
            label("why_runs.cancel"),
            key=f"why_cancel_{status.id}",
            on_click=service().cancel,
            args=(status.id, visitor()),
            width="stretch",
        )
    done = status.points[-1]["step"] if status.points else 0
    name = _in_words(status.recipe)
    if status.state == "queued":
        text = section("why_residual", "run waits", name=name, before=status.position)
    elif not done:
        text = section("why_residual", "run starts", name=name)
    else:
        steps = status.recipe.steps
        left = status.seconds / done * (steps - done)
        text = section("why_residual", "run goes on", name=name, step=done, steps=steps, left=left)
    bar.progress(done / status.recipe.steps, text)


def _results(statuses: list[Training]) -> None:
    rows = [
        {
            "run": status.id,
            "network": status.recipe.title,
            "state": label(f"job_state.{status.state}"),
            "loss": _number(status.result and status.result.train_loss),
            "accuracy": _number(status.result and 100 * status.result.test_accuracy, 1),
            "seconds": round(status.seconds, 1),
        }
        for status in statuses
    ]
    if not rows:
        return
    st.dataframe(worded(rows, "why_results"), hide_index=True, width="stretch")
    text = why_charts.curves_csv(
        {status.id: (status.recipe.title, status.points) for status in statuses}
    )
    st.download_button(label("why_runs.save"), text, "training_runs.csv", "text/csv", key="why_csv")


def _named(status: Training) -> str:
    """Tells two runs of one recipe apart; for places that show text as it is."""
    return label("named.in_brackets", name=status.recipe.title, what=status.id[:4])


def _in_words(recipe: TrainingRecipe) -> str:
    """The recipe's title for Markdown: a name is a visitor's, and others may watch the run."""
    if not recipe.name:
        return recipe.network
    return label("training.named", name=quoted(recipe.name), network=recipe.network)


def _number(value: float | None, digits: int = 3) -> str:
    if value is None:
        return ""
    return label("why_results.diverged") if math.isnan(value) else f"{value:.{digits}f}"
