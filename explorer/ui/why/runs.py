"""Training runs on screen: progress, curves, results, and what deleting blocks does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import streamlit as st

from explorer.experiments.jobs import ENDED
from explorer.ui import chart, controls, saving
from explorer.ui.why import deletions, names, verdict
from explorer.ui.why.queue import service, started, visitor
from explorer.views import curve_files, training_chart
from explorer.views.numbers import magnitude
from explorer.views.tables import worded
from explorer.views.training_chart import Run
from explorer.words import label, quoted, section

if TYPE_CHECKING:
    from explorer.experiments.degradation import DeletionResult, TrainingRecipe
    from explorer.experiments.jobs import Status
    from explorer.experiments.training_data import Pictures

    Training = Status[TrainingRecipe, Any]

PICTURES: Final[tuple[Pictures, ...]] = ("gratings", "cifar10")
_MOST: Final = 8
RUNS: Final = "why_runs"


def draw() -> None:
    """The runs of the address: while one is unfinished, this part reruns by itself."""
    seen = _look()
    # The first run of the part shows what was just seen; each later one looks again.
    fresh = [seen]
    st.fragment(_watch, run_every=0.8 if seen.active else None)(fresh, seen.active)
    if _identifiers():
        _choose(names.of({status.id: status.recipe for status in seen.statuses}))


def _choose(known: Mapping[str, str]) -> None:
    """Which runs are on the chart, by their names; a classmate's is added by its id."""
    ids = _identifiers()
    st.session_state["why_shown"] = ids
    st.multiselect(
        label("why_runs.label"),
        ids,
        format_func=lambda run: known.get(run, run),
        key="why_shown",
        on_change=_chosen,
        accept_new_options=True,
        help=section("why_residual", "runs help"),
    )


def _chosen() -> None:
    _keep(st.session_state["why_shown"])


def chosen_pictures() -> Pictures:
    """What the trainings of this page learn from."""
    found: Pictures = controls.settled("why_pictures", PICTURES, PICTURES[0])
    return found


def add(identifier: str) -> None:
    """Put a run on the chart; the oldest makes room."""
    _keep([*_identifiers(), identifier])


def _keep(runs: Sequence[str]) -> None:
    controls.put(RUNS, ",".join(dict.fromkeys(runs[-_MOST:])), "")


def _identifiers() -> list[str]:
    typed = controls.text(RUNS, 200).replace(" ", "").split(",")
    return list(dict.fromkeys(filter(None, typed)))[:_MOST]


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
    if seen.active and (trouble := service().trouble()):
        st.warning(trouble, icon=":material/cloud_off:")
    _progress(statuses)
    _curves(_comparable(statuses))
    _conclude(statuses)
    _results(statuses)
    deletions.draw(statuses, seen.deletions, names.of(_recipes(statuses)))
    if seen.active != active:
        st.rerun()


def _recipes(statuses: list[Training]) -> dict[str, TrainingRecipe]:
    return {status.id: status.recipe for status in statuses}


def _curves(statuses: list[Training]) -> None:
    """Loss and accuracy, in one place from before the first step to after the last."""
    called = names.of(_recipes(statuses))
    lines = {
        called[status.id]: Run(
            status.points,
            status.recipe.shortcut == "none",
            status.recipe.depth,
            status.recipe.batch_norm,
        )
        for status in statuses
    } or {
        label(f"training.{kind}", depth=depth): Run((), kind == "plain", depth)
        for depth in (20, 56)
        for kind in ("plain", "residual")
    }
    steps = max((status.recipe.steps for status in statuses), default=300)
    pictures = {status.recipe.pictures for status in statuses} or {chosen_pictures()}
    least = 0.005 if "gratings" in pictures else 0.5
    left, right = st.columns([3, 2])
    with left:
        figure = training_chart.training(lines, "loss", steps, least)
        chart.show(figure, key="why_loss", alt=_so_far("loss", lines))
    with right:
        figure = training_chart.training(lines, "accuracy", steps)
        chart.show(figure, key="why_accuracy", alt=_so_far("accuracy", lines))


def _so_far(measure: Literal["loss", "accuracy"], lines: Mapping[str, Run]) -> str:
    """For a screen reader: where each run stands."""
    ends = [
        label("why_alt.at_end", name=name, value=magnitude(run.points[-1][measure]))
        for name, run in lines.items()
        if run.points
    ]
    if not ends:
        return label(f"why_alt.{measure}_before")
    return label(f"why_alt.{measure}", ends=label("list.semicolon").join(ends))


def _conclude(statuses: list[Training]) -> None:
    """What the finished runs show."""
    if found := verdict.sentences(statuses):
        st.success("  \n".join(found), icon=":material/insights:")


def _comparable(statuses: list[Training]) -> list[Training]:
    """The runs on the chosen pictures, or all where there is none: losses of two kinds of
    pictures share no axis."""
    chosen = chosen_pictures()
    return [one for one in statuses if one.recipe.pictures == chosen] or statuses


def _progress(statuses: list[Training]) -> None:
    """One line for all runs, which stays where it is when they are done."""
    called = names.of(_recipes(statuses), markdown=True)
    for status in statuses:
        if status.state == "failed":
            st.error(label("named.of", name=called[status.id], what=status.problem))
    with st.container(height=52, border=False):
        text, share, own = _news(statuses, called)
        if own:
            bar, button = st.columns([5, 1], vertical_alignment="center")
            button.button(
                label("why_runs.cancel"),
                key="why_cancel",
                on_click=_cancel,
                args=(own,),
                width="stretch",
            )
            bar.progress(share or 0.0, text)
        elif share is not None:
            st.progress(share, text)
        else:
            st.caption(text)


def _news(
    statuses: list[Training], called: Mapping[str, str]
) -> tuple[str, float | None, list[str]]:
    """What the line says, how much is done (None where nothing runs), whose can be cancelled."""
    going = [status for status in statuses if status.state not in ENDED]
    if not going:
        return section("why_residual", "training" if statuses else "no run yet"), None, []
    now = next((status for status in going if status.state == "running"), going[0])
    text = _told(now, called[now.id])
    if len(statuses) > 1:
        before = statuses.index(now) + 1
        text = section("why_residual", "one of many", n=before, total=len(statuses), run=text)
    done = now.points[-1]["step"] if now.points else 0
    own = [status.id for status in going if started(status.owner)]
    return text, done / now.recipe.steps, own


def _cancel(runs: list[str]) -> None:
    for run in runs:
        # It may have ended, and been forgotten, since the button was drawn.
        with suppress(KeyError, PermissionError):
            service().cancel(run, visitor())


def _told(status: Training, name: str) -> str:
    done, steps = status.points[-1]["step"] if status.points else 0, status.recipe.steps
    if status.state == "queued":
        return section("why_residual", "run waits", name=name, before=status.position)
    if not done:
        return section("why_residual", "run starts", name=name)
    left = status.seconds / done * (steps - done)
    return section("why_residual", "run goes on", name=name, step=done, steps=steps, left=left)


def _results(statuses: list[Training]) -> None:
    rows = [
        {
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
    runs = {status.id: (status.recipe.title, status.points) for status in statuses}
    # Written when it is asked for: it changes with every look at a run that goes on, and the
    # browser would ask for files that have made room for the next.
    saving.save({"training_runs.csv": lambda: curve_files.curves_csv(runs)})


def _number(value: float | None, digits: int = 3) -> str:
    if value is None:
        return ""
    return label("why_results.diverged") if math.isnan(value) else f"{value:.{digits}f}"
