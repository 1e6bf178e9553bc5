"""What finished trainings show, in a sentence with their numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from explorer.words import label, section

if TYPE_CHECKING:
    from explorer.experiments.degradation import TrainingRecipe
    from explorer.experiments.jobs import Status

    Training = Status[TrainingRecipe, Any]

_CLEARLY: Final = 1.5
"""From this ratio on a deeper network's loss is told in times."""


class Pair(NamedTuple):
    """Two trainings that differ in nothing but depth."""

    shallow: Training
    deep: Training


def sentences(statuses: list[Training]) -> list[str]:
    """Markdown: deep against shallow, plain first; nothing until both of a pair are done."""
    found = []
    for plain in (True, False):
        if (pair := _pair([one for one in statuses if _plain(one) == plain])) is None:
            continue
        shallow, deep = map(_loss, pair)
        numbers = {
            "deep": _called(pair.deep),
            "shallow": _called(pair.shallow),
            "deep_loss": deep,
            "shallow_loss": shallow,
        }
        ratio = deep / max(shallow, 1e-9)
        if not plain:
            found.append(section("why_residual", "residual ended", **numbers))
        elif ratio >= _CLEARLY:
            found.append(section("why_residual", "deeper and worse", times=ratio, **numbers))
        else:
            found.append(section("why_residual", "deeper, not clearly worse", **numbers))
    return found


def _loss(status: Training) -> float:
    return math.nan if status.result is None else float(status.result.train_loss)


def _plain(status: Training) -> bool:
    return status.recipe.shortcut == "none"


def _pair(statuses: list[Training]) -> Pair | None:
    """The newest run and the one most different in depth, of one recipe else."""
    done = [one for one in statuses if one.result is not None and not one.result.diverged]
    for one in reversed(done):
        others = [other for other in done if _alike(one) == _alike(other)]
        shallow = min(others, key=lambda other: other.recipe.depth)
        deep = max(others, key=lambda other: other.recipe.depth)
        if shallow.recipe.depth < deep.recipe.depth:
            return Pair(shallow, deep)
    return None


def _alike(status: Training) -> tuple[object, ...]:
    recipe = status.recipe
    return (
        *(recipe.shortcut, recipe.pictures, recipe.batch_norm),
        *(recipe.rate, recipe.steps, recipe.seed),
    )


def _called(status: Training) -> str:
    kind = "plain" if _plain(status) else "residual"
    return label(f"training.{kind}", depth=status.recipe.depth)
