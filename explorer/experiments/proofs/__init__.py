"""Proofs: what a question's answer claims, computed now. Loads torch only when one is run."""

from importlib import import_module
from time import perf_counter
from typing import Final

from explorer.experiments.proofs.result import Line, Proof

THEMES: Final = (
    "counting", "layers", "shortcuts", "wiring", "convolutions", "gradients", "batch_norm",
    "batches", "relatives", "families", "costs", "memory", "later", "trained", "tutorials",
    "whiteboard",
)  # fmt: skip

__all__ = ["Line", "Proof", "prove"]


def prove(what: str) -> Proof:
    """Run a proof: `counting.params resnet34 resnet34_a` is a function and its arguments.

    Raises:
        ValueError: there is no such proof.
    """
    name, *arguments = what.split()
    theme, _, function = name.partition(".")
    if theme not in THEMES or function.startswith("_"):
        raise ValueError(f"proof {what!r} is unknown; it starts with one of {', '.join(THEMES)}")
    found = getattr(import_module(f"explorer.experiments.proofs.{theme}"), function, None)
    if found is None:
        raise ValueError(f"proof {what!r} is unknown; {theme} has no {function}")
    from explorer.experiments.bench import one_thread

    started = perf_counter()
    with one_thread():
        lines, how = found(*arguments)
    return Proof(tuple(lines), how, perf_counter() - started)
