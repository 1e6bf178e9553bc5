"""What is left of a trained network when one of its blocks is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.architecture import blueprint
from explorer.ui import chart
from explorer.ui.why.queue import service, visitor
from explorer.views import path_charts
from explorer.words import WordedError, label, section

if TYPE_CHECKING:
    from explorer.experiments.degradation import DeletionResult, TrainingRecipe
    from explorer.experiments.jobs import Status

    Training = Status[TrainingRecipe, Any]

_SEEN: Final = "why_finished_before"


def of(trainings: list[Training]) -> dict[str, Status[Any, DeletionResult]]:
    """Training -> the deletions that somebody ordered of it; asking keeps them alive."""
    return {training.id: found for training in trainings if (found := _ordered(training.id))}


def draw(
    trainings: list[Training],
    ordered: dict[str, Status[Any, DeletionResult]],
    named: Mapping[str, str],
) -> None:
    """Choose a finished training, have its blocks deleted, see what is left.

    Args:
        trainings: all runs on the page.
        ordered: what `of` says of them.
        named: training -> what tells it from the others.
    """
    done = {
        training.id: training
        for training in trainings
        if training.result is not None and not training.result.diverged
    }
    if not done:
        return
    st.header(label("why_deleted.title"), anchor=False)
    st.write(section("why_residual", "deletions"))
    # The newest is taken when it is finished; until then a choice stays.
    if len(done) > st.session_state.get(_SEEN, 0):
        st.session_state["why_deleted"] = list(done)[-1]
    st.session_state[_SEEN] = len(done)
    chosen = st.selectbox(
        label("why_deleted.label"),
        list(done),
        format_func=named.__getitem__,
        key="why_deleted",
    )
    training, deletion = done[chosen], ordered.get(chosen)
    if deletion is None or deletion.state in ("cancelled", "failed"):
        if deletion is not None and deletion.problem:
            st.error(deletion.problem)
        if st.button(label("why_deleted.delete"), key="why_delete"):
            _order(training)
    elif deletion.result is None:
        _progress(deletion)
    else:
        _chart(training, deletion.result)


def _ordered(training: str) -> Status[Any, DeletionResult] | None:
    found = service().needing(training)
    try:
        return service().status(found[-1]) if found else None
    except KeyError:
        return None


def _order(training: Training) -> None:
    from explorer.experiments.degradation import DeletionOrder, delete_each_block

    order = DeletionOrder(training.recipe, training.result.weights)  # type: ignore[union-attr]
    try:
        service().submit(delete_each_block, order, visitor(), needs=[training.id])
    except WordedError as problem:
        st.error(str(problem))
        return
    # The whole page, so that this part begins to rerun by itself.
    st.rerun()


def _progress(deletion: Status[Any, DeletionResult]) -> None:
    point = deletion.points[-1] if deletion.points else {"done": 0, "blocks": 1}
    if deletion.state == "queued":
        text = section("why_residual", "deletions wait", before=deletion.position)
    elif not deletion.points:
        text = section("why_residual", "deletions start")
    else:
        text = section("why_residual", "deletions go on", **point)
    st.progress(point["done"] / point["blocks"], text)


def _chart(training: Training, found: DeletionResult) -> None:
    blocks = blueprint(training.recipe.spec, training.recipe.image_size).blocks
    figure = chart.drawn(
        path_charts.deletions,
        [block.title for block in blocks],
        [block.path for block in blocks],
        found.after,
        found.whole,
    )
    alone = [
        (value, block.title)
        for value, block in zip(found.after, blocks, strict=True)
        if value is not None
    ]
    worst, title = min(alone, default=(found.whole, ""))
    alt = label("why_alt.deletions", whole=f"{found.whole:.2%}", worst=f"{worst:.1%}", block=title)
    chart.show(figure, key="why_deletions", alt=alt)
