"""A pickle read as a description: what it would build is noted, and nothing is built or called.

Dicts, lists, numbers and text come out as themselves and torch's tensors as views of the file's
bytes. Whatever else a pickle names stays a `Thing`: the name, what it would be given, and its
state. So extras of any kind (numpy's numbers, paths, a trainer's settings) stand in nobody's way,
and there is nothing that could run. `pickles.check_pickle` has bounded the work before.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from explorer.networks.reading import calls
from explorer.networks.reading.tensors import Damaged

_CONSTANTS: Final = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY: Final[dict[str, Callable[[], Any]]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_SET": list,
}
_PUTS: Final = ("PUT", "BINPUT", "LONG_BINPUT")
_GETS: Final = ("GET", "BINGET", "LONG_BINGET")
_TUPLES: Final = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_IGNORED: Final = ("PROTO", "FRAME", "READONLY_BUFFER")


@dataclass(eq=False)
class Thing:
    """What a pickle would make by calling `name` with `given`; `items` is what it would put in."""

    name: str
    given: tuple[Any, ...] = ()
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Name:
    """A class or function that a pickle names, and that is not looked up."""

    name: str


@dataclass(eq=False)
class Odd:
    """A tensor that is no ordinary one; `kind` is a heading of weights.md."""

    kind: str


class Reader:
    """One pickle, or several one after another, in a file.

    Args:
        persistent: makes what a persistent id of torch.save stands for.
        bounds: of the calls whose meaning is known.
    """

    def __init__(self, persistent: Callable[[Any], Any], bounds: calls.Bounds) -> None:
        self.persistent, self.bounds = persistent, bounds
        self.named: dict[str, int] = {}

    def read(self, file: BinaryIO) -> Any:
        """The next object.

        Raises:
            Damaged, ValueError, LookupError: it is no pickle, or cut short.
        """
        stack: list[Any] = []
        marks: list[list[Any]] = []
        memo: dict[Any, Any] = {}
        for opcode, argument, _ in pickletools.genops(file):
            name = opcode.name
            if name == "STOP":
                return stack[-1]
            if name == "MARK":
                marks.append(stack)
                stack = []
            elif name in _GETS:
                stack.append(memo[argument])
            elif name in _PUTS:
                memo[argument] = stack[-1]
            elif name == "MEMOIZE":
                memo[len(memo)] = stack[-1]
            elif name == "DUP":
                stack.append(stack[-1])
            elif name == "POP":
                if stack:
                    stack.pop()
                else:
                    stack = marks.pop()
            elif name == "POP_MARK":
                stack = marks.pop()
            elif name in ("TUPLE", "LIST", "DICT", "FROZENSET", "INST", "OBJ"):
                inside, stack = stack, marks.pop()
                stack.append(self._of_mark(name, inside, argument))
            elif name in ("APPENDS", "SETITEMS", "ADDITEMS"):
                inside, stack = stack, marks.pop()
                _fill(stack[-1], inside, name == "SETITEMS")
            elif name not in _IGNORED:
                self._step(name, argument, stack)
        raise Damaged(cut=True)

    def _of_mark(self, opcode: str, inside: list[Any], argument: Any) -> Any:
        if opcode == "DICT":
            made: dict[Any, Any] = {}
            _fill(made, inside, True)
            return made
        if opcode == "INST":
            return self._call(self._name(str(argument).replace(" ", ".", 1)), tuple(inside))
        if opcode == "OBJ":
            return self._call(inside[0], tuple(inside[1:]))
        return tuple(inside) if opcode == "TUPLE" else inside

    def _step(self, name: str, argument: Any, stack: list[Any]) -> None:
        if name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            stack.append(_EMPTY[name]())
        elif name in _TUPLES:
            count = _TUPLES[name]
            inside = tuple(stack[-count:])
            if len(inside) < count:
                raise Damaged
            stack[-count:] = [inside]
        elif name == "APPEND":
            value = stack.pop()
            _fill(stack[-1], [value], False)
        elif name == "SETITEM":
            value, key = stack.pop(), stack.pop()
            _fill(stack[-1], [key, value], True)
        elif name == "GLOBAL":
            stack.append(self._name(str(argument).replace(" ", ".", 1)))
        elif name == "STACK_GLOBAL":
            attribute, module = stack.pop(), stack.pop()
            stack.append(self._name(f"{module}.{attribute}"))
        elif name in ("REDUCE", "NEWOBJ"):
            given, function = stack.pop(), stack.pop()
            stack.append(self._call(function, given if isinstance(given, tuple) else ()))
        elif name == "NEWOBJ_EX":
            _, given, function = stack.pop(), stack.pop(), stack.pop()
            stack.append(self._call(function, given if isinstance(given, tuple) else ()))
        elif name == "BUILD":
            state = stack.pop()
            stack[-1] = calls.with_state(stack[-1], state, Thing, self.bounds)
        elif name == "BINPERSID":
            stack.append(self.persistent(stack.pop()))
        elif name in ("PERSID", "NEXT_BUFFER", "EXT1", "EXT2", "EXT4"):
            raise Damaged
        else:  # a number, bytes or text
            stack.append(argument)

    def _name(self, name: str) -> Name:
        self.named[name] = self.named.get(name, 0) + 1
        return Name(name)

    def _call(self, function: Any, given: tuple[Any, ...]) -> Any:
        if not isinstance(function, Name):
            return Thing("?", given)
        made = calls.known(function.name, given, self.bounds)
        if made is not calls.UNKNOWN:
            return made
        kind = calls.odd_kind(function.name)
        return Odd(kind) if kind else Thing(function.name, given)


def _fill(target: Any, inside: list[Any], pairs: bool) -> None:
    if isinstance(target, Thing):
        target = target.items
    if not pairs:
        if isinstance(target, list):
            target.extend(inside)
        return
    if isinstance(target, dict):
        for key, value in zip(inside[::2], inside[1::2], strict=True):
            # Looking a key up can run through all of it, and things have no equals.
            target[key if calls.is_key(key) else id(key)] = value
