"""What follows from its arguments alone is drawn once, and said to everybody from then on."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, ParamSpec, overload

from explorer.ui import budget, recording
from explorer.ui.controls.memory import of_visitor
from explorer.words import language

P = ParamSpec("P")


@overload
def drawn_once(draw: Callable[P, None]) -> Callable[P, None]: ...
@overload
def drawn_once(
    *,
    by: budget.Names = ...,
    more: Collection[str] = ...,
    root: Callable[[], Any] = ...,
) -> Callable[[Callable[P, None]], Callable[P, None]]: ...
def drawn_once(
    draw: Callable[..., None] | None = None,
    *,
    by: budget.Names | None = None,
    more: Collection[str] = (),
    root: Callable[[], Any] = lambda: None,
) -> Any:
    """Let `draw` draw a part of a page once for all visitors who have the same before them.

    Args:
        draw: what it draws follows from its arguments, which are hashable, and from the language.
            Where it draws controls after all, it is called each time.
        by: for arguments of a type, what stands for them in the key, as for `budget.kept`; for
            blueprints that is their network and image size.
        more: kinds of elements that may be said again beside those that hold nothing.
        root: gives the container in whose open box it draws, if not the page's own.
    """
    names = {**budget.BLUEPRINTS, **(by or {})}
    if draw is None:
        return lambda wanted: _drawn_once(wanted, names, more, root)
    return _drawn_once(draw, names, more, root)


def _drawn_once(
    draw: Callable[P, None],
    by: budget.Names,
    kinds_too: Collection[str],
    root: Callable[[], Any],
) -> Callable[P, None]:
    name = f"{draw.__module__}.{draw.__qualname__}"

    @wraps(draw)
    def again(*args: P.args, **options: P.kwargs) -> None:
        here = recording.here(root())
        if here is None:
            draw(*args, **options)
            return
        drawn_now = False

        def record() -> recording.Drawn | None:
            nonlocal drawn_now
            drawn_now = True
            return recording.record(here, lambda: draw(*args, **options), kinds_too)

        values = [by[type(value)](value) if type(value) in by else value for value in args]
        more = tuple(options.items())
        # True and 1 are the same key, and other words.
        kinds = tuple(map(type, args))
        key = (name, *values, *more, kinds, language(), of_visitor().turns, *here.key)
        kept: recording.Drawn | None = budget.store().get(key, record, budget.go_on)
        if drawn_now:
            return
        if kept is None:
            draw(*args, **options)
        else:
            recording.say(here, kept)

    return again
