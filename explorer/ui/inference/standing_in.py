"""A program from outside that answers in a network's place, once it has been found right and quick.

Nobody waits for it. The first picture is answered by torch; with the second one, a thread behind
all clicks writes the network down, has it tried in a process of its own, and times both by turns.
What is quicker answers from then on, within the budget in bytes, and torch's engine is let go of.
Where no such program is installed, nothing of this happens.
"""

from __future__ import annotations

import atexit
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from explorer.experiments import machine, work
from explorer.experiments.byte_cache import MISSING
from explorer.experiments.byte_cache import Key as StoreKey
from explorer.experiments.priority import behind
from explorer.experiments.work import TooMuch, Work
from explorer.ui import gate
from explorer.ui.budget import kept, store

if TYPE_CHECKING:
    from collections.abc import Callable

    from explorer.networks.engines import Engine, EngineError
    from explorer.ui.inference.scene import Scene

Value = TypeVar("Value")
Key = tuple[str, int]
"""Weights and their device, and the side of the picture."""

MOST_MACS: Final = 50 * 10**9
"""Of one pass: such a program cannot be broken off between two ops."""
_COPIES: Final = 4
"""Of the weights at the peak: written down, as a file, read, and in the program's own order."""
_ROUNDS: Final = 7
_MOST_KNOWN: Final = 1_000
_PATIENCE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What was found for one network at one size.

    `engine` is the id of the program that answers, if one does. `problems` are those that cannot,
    by their ids; `slower` are those that can, and took longer than torch. `apart` is the largest
    difference of the answering one's logits from the network's own, as a share of the largest.
    """

    engine: str | None
    problems: dict[str, EngineError]
    slower: tuple[str, ...] = ()
    apart: float = 0.0


_answered: OrderedDict[Key, str] = OrderedDict()
"""The picture that torch answered last, by its key."""
_standings: OrderedDict[Key, Standing] = OrderedDict()
_lock = threading.Lock()
_busy = threading.Lock()
_looking: list[threading.Thread] = []
"""The thread that looks now, or looked last."""


@kept
def _engine(weights: str, side: int, _made: Engine) -> Engine:
    """What answers; kept within the budget, and gone with the weights."""
    return _made


def engine_of(scene: Scene) -> Engine | None:
    """The program that answers for this network, if one does and is kept now; never waits."""
    found: Engine | None = store().find(_kept_as(scene))
    return None if found is MISSING else found


def standing_of(scene: Scene) -> Standing | None:
    """What was found; None as long as nothing was looked for."""
    with _lock:
        return _standings.get(_key(scene))


def refuse(scene: Scene, problem: EngineError) -> None:
    """Never use what answered until now: it gave up in the middle of the work."""
    key, kept_as = _key(scene), _kept_as(scene)
    store().drop(lambda other: other == kept_as)
    with _lock:
        before = _standings.get(key)
        known = dict(before.problems) if before else {}
        if before and before.engine:
            known[before.engine] = problem
        _remember(_standings, key, Standing(None, known))


def answered_by_torch(scene: Scene, torch_engine: Engine, let_go: Callable[[], None]) -> None:
    """Told of every answer of torch's: with a second picture, look for something quicker.

    Args:
        scene: that was answered.
        torch_engine: what answered.
        let_go: called when something else answers from now on.
    """
    from explorer.networks.engines import PACKAGES, is_here

    key, picture = _key(scene), scene.key
    with _lock:
        first = _answered.get(key) in (None, picture)
        _remember(_answered, key, picture)
        known = _standings.get(key)
    names = [name for name in PACKAGES if is_here(name)]
    if known is not None:  # it is made again where it was let go of meanwhile
        names = [name for name in names if name == known.engine]
    if first or not names or scene.blueprint.macs > MOST_MACS:
        return
    if _busy.acquire(blocking=False):  # else another picture will ask again
        _start(scene, torch_engine, names, let_go)


def _start(
    scene: Scene, torch_engine: Engine, names: list[str], let_go: Callable[[], None]
) -> None:
    _looking[:] = [
        threading.Thread(
            target=_look,
            args=(scene, torch_engine, names, let_go),
            daemon=True,
            name="standing_in",
        )
    ]
    _looking[0].start()


@atexit.register
def _let_end() -> None:
    """Python ends such threads where they stand, and the process crashes where one stands in a
    program written in C: it is waited for."""
    for thread in _looking:
        thread.join(_PATIENCE_S)


def _look(scene: Scene, torch_engine: Engine, names: list[str], let_go: Callable[[], None]) -> None:
    try:
        with behind():
            made, standing = _quickest(scene, torch_engine, names)
        if made is not None:
            _engine(*_key(scene), made)
            let_go()
        machine.give_back()  # what trials and torch's engine took
        with _lock:
            _remember(_standings, _key(scene), standing)
    except TooMuch:
        pass  # this server has no memory for it: torch answers
    finally:
        _busy.release()


def _quickest(
    scene: Scene, torch_engine: Engine, names: list[str]
) -> tuple[Engine | None, Standing]:
    """The first of these that is right and quicker than torch."""
    from explorer.experiments.speed import agreement, by_turns
    from explorer.networks.engines import EngineError, make
    from explorer.networks.engines.in_torch import Walk
    from explorer.networks.engines.trial import differs

    problems: dict[str, EngineError] = {}
    slower: list[str] = []
    x = scene.prepared.tensor
    for name in names:
        gate.check(_work(scene))
        try:
            # Not in one of the few places: most of it is done by another process.
            # A visitor's own weights are never written to the disk: they stay in memory.
            made = make(name, scene.network, tuple(x.shape), x, paged=not scene.loaded.own)
            with gate.place(_work(scene)):
                found, wanted = made(x), Walk(scene.network)(x)
                if problem := differs(name, found, wanted):
                    raise problem
                theirs, ours = by_turns([made, torch_engine], x, _ROUNDS)
        except EngineError as problem:
            problems[name] = problem
            continue
        except ImportError:  # installed, and not whole
            continue
        if theirs < ours:
            said = agreement(found, wanted[0])
            return made, Standing(name, problems, tuple(slower), said.apart / said.largest)
        slower.append(name)
    return None, Standing(None, problems, tuple(slower))


def _work(scene: Scene) -> Work:
    one = work.forward(scene.blueprint, passes=2 * _ROUNDS + 4)
    return Work(one.macs, one.memory + _COPIES * one.weights, one.weights)


def _key(scene: Scene) -> Key:
    return scene.weights, scene.blueprint.in_shape[1]


def _kept_as(scene: Scene) -> StoreKey:
    made: Any = None  # no part of the key
    return _engine.key(*_key(scene), made)


def _remember(where: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    where[key] = value
    where.move_to_end(key)
    while len(where) > _MOST_KNOWN:
        where.popitem(last=False)
