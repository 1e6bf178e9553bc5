"""What runs are called: as short as tells them apart, and no shorter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from explorer.words import label, quoted

if TYPE_CHECKING:
    from explorer.experiments.degradation import TrainingRecipe

_TOLD: Final = ("pictures", "rate", "seed", "steps")
"""Of a recipe, said only where runs differ in it."""


def of(recipes: Mapping[str, TrainingRecipe], *, markdown: bool = False) -> dict[str, str]:
    """Run -> its name beside the others; two of one recipe are counted.

    The name that a visitor gave comes first; for Markdown it is quoted, as it is somebody's.
    """
    told = [
        field for field in _TOLD if len({getattr(recipe, field) for recipe in recipes.values()}) > 1
    ]
    names = {run: _name(recipe, told, markdown) for run, recipe in recipes.items()}
    twice = {name for name, times in Counter(names.values()).items() if times > 1}
    seen: Counter[str] = Counter()
    for run, name in names.items():
        if name in twice:
            seen[name] += 1
            names[run] = label("named.in_brackets", name=name, what=str(seen[name]))
    return names


def _name(recipe: TrainingRecipe, told: list[str], markdown: bool) -> str:
    kind = "plain" if recipe.shortcut == "none" else "residual"
    parts = [
        label(f"training.{kind}", depth=recipe.depth),
        label("training.option_b") if recipe.shortcut == "projection" else "",
        "" if recipe.batch_norm else label("training.no_batch_norm"),
        label(f"why_pictures.{recipe.pictures}") if "pictures" in told else "",
        label("training.rate", rate=recipe.rate) if "rate" in told else "",
        label("training.seed", seed=recipe.seed) if "seed" in told else "",
        label("training.steps", steps=recipe.steps) if "steps" in told else "",
    ]
    network = label("list.comma").join(filter(None, parts))
    if not recipe.name:
        return network
    own = quoted(recipe.name) if markdown else recipe.name
    return label("training.named", name=own, network=network)
