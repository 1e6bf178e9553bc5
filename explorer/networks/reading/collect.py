"""What an object from a file holds: tensors with names, and what is none of a network's."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from explorer.networks.pickles import MAX_TENSORS
from explorer.networks.reading.calls import NumpyArray
from explorer.networks.reading.inert import Name, Odd, Thing
from explorer.networks.reading.tensors import View

_DEEPEST: Final = 60
_SCRIPT: Final = "__torch__"
_IN_MODULES: Final = ("_parameters", "_buffers", "_modules")
_FACTS: Final = ("eps", "stride", "kernel_size", "ceil_mode")
"""What a layer of torch says of itself that its tensors do not."""


@dataclass(frozen=True, eq=False)
class Found:
    """A tensor of the file: the way to it, one name a step, and where it stands in the file."""

    path: tuple[str, ...]
    value: View | Odd
    place: int

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape if isinstance(self.value, View) else ()


@dataclass
class Collected:
    """All tensors outside of optimisers and objects.

    `objects` counts the tensors that lie inside of objects, by the class's name; `extras` are the
    names of other entries at the top, which hold no tensors; `things` counts all objects; `kind`
    is the file's, as container.Contents has it. Of whole modules, `whole` is the outermost one's
    class and `facts` what each layer says of itself, by its path.
    """

    tensors: list[Found] = field(default_factory=list)
    optimiser: int = 0
    optimisers: int = 0
    objects: dict[str, int] = field(default_factory=dict)
    extras: list[str] = field(default_factory=list)
    things: dict[str, int] = field(default_factory=dict)
    kind: str = "torch"
    whole: str | None = None
    facts: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)


def collect(root: Any, script: bool = False) -> Collected:
    """Go through what a file holds, each thing once.

    Args:
        root: the object.
        script: it comes from TorchScript, whose objects are its modules.
    """
    found = Collected()
    seen: set[int] = set()
    for path, value, inside in _walk(root, script, seen, found):
        if isinstance(value, View | Odd):
            if inside is not None:
                found.objects[inside] = found.objects.get(inside, 0) + 1
            else:
                found.tensors.append(Found(path, value, len(found.tensors)))
        if len(found.tensors) > 2 * MAX_TENSORS:
            break
    if isinstance(root, dict):
        held = {tensor.path[0] for tensor in found.tensors}
        found.extras = [
            key for key, value in root.items()
            if isinstance(key, str) and key.split(".")[0] not in held and not _is_optimiser(value)
            and not isinstance(value, View | Odd)
        ]  # fmt: skip
    return found


def _walk(
    root: Any, script: bool, seen: set[int], found: Collected
) -> Iterator[tuple[tuple[str, ...], Any, str | None]]:
    """(way, value, the object it lies in) of everything, in the file's order; not recursive, since
    a file may nest deeper than Python's own stack is."""
    todo: list[tuple[tuple[str, ...], Any, str | None]] = [((), root, None)]
    while todo:
        path, value, inside = todo.pop()
        if isinstance(value, View | Odd):
            yield path, value, inside
            continue
        if isinstance(value, Name | NumpyArray | str | bytes | int | float | None):
            continue
        if id(value) in seen or len(path) > _DEEPEST:
            continue
        seen.add(id(value))
        if _is_optimiser(value):
            found.optimisers += 1
            found.optimiser += _count(value)
            continue
        module = _of_module(value)
        if module is not None:
            # Its tensors are a state dict's, whatever else the object around them is.
            inside, found.whole = None, found.whole or value.name
            found.facts[path] = {key: fact for key, fact in value.state.items() if key in _FACTS}
            inner = module
        elif isinstance(value, Thing):
            if not (script and value.name.startswith(_SCRIPT)):
                inside = value.name
                found.things[inside] = found.things.get(inside, 0) + 1
            inner = [*_pairs(value.state), *_pairs(value.items), *_pairs(value.given)]
        else:
            inner = _pairs(value)
        for key, child in reversed(inner):
            names = tuple(part for part in str(key).split(".") if part) if key is not None else ()
            todo.append((path + names, child, inside))


def _of_module(value: Any) -> list[tuple[Any, Any]] | None:
    """What a whole module's state dict would hold, in its order: parameters, buffers, and then
    the modules inside; None where it is no module of torch."""
    state = value.state if isinstance(value, Thing) else None
    if not isinstance(state, dict):
        return None
    parts = [state.get(key, {}) for key in _IN_MODULES]
    if _IN_MODULES[-1] not in state or not all(isinstance(part, dict) for part in parts):
        return None
    unsaved = state.get("_non_persistent_buffers_set")
    apart = {name for name in unsaved if isinstance(name, str)} if type(unsaved) is list else set()
    return [
        (key, child) for part in parts for key, child in part.items()
        if child is not None and not (key in apart and part is parts[1])
    ]  # fmt: skip


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list | tuple):
        return list(enumerate(value))
    return [(None, value)] if isinstance(value, Thing | View | Odd) else []


def _is_optimiser(value: Any) -> bool:
    return isinstance(value, dict) and "state" in value and "param_groups" in value


def _count(value: Any) -> int:
    nothing = Collected()
    states = value.get("state")
    return sum(
        isinstance(inner, View) for _, inner, _ in _walk(states, False, set(), nothing)
    )  # fmt: skip
