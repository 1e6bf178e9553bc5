"""What a pickle would build, told before anything is built.

The reader in explorer.networks.reading runs no code of the file, but it notes whatever is asked
for: a few kilobytes can ask for a million tensors, for text that doubles forty times, or for
tuples in tuples so deep that Python itself crashes when it looks one up. So the instructions are
read first.
"""

import pickletools
from dataclasses import dataclass
from typing import BinaryIO, Final

MAX_TENSORS: Final = 50_000
"""The deepest network that a spec allows has 24,000; an optimiser keeps two more of most."""
_MAX_STEPS: Final = 40 * MAX_TENSORS
"""torch.save writes 35 instructions for a tensor."""
_MAX_CALLS: Final = 4 * MAX_TENSORS
"""One for a tensor, one for its hooks, and two more if it is a parameter."""
_MAX_WORK: Final = 200 * MAX_TENSORS
"""What all calls and look-ups may touch together; a tensor's touch about 25."""
_MAX_TUPLE: Final = 10_000
"""Looking a tuple up goes through everything in it, each in turn, on the machine's own stack."""
_MOST_NAMES: Final = 2**32
"""What a pickle sets aside is named by numbers below this; of larger ones a file can choose
thousands that a dict looks for in one and the same place."""
_LETTERS: Final = 64
"""As many letters are as much work as one thing."""
_CALLS: Final = frozenset(("REDUCE", "NEWOBJ", "BUILD"))


class TooMuch(Exception):
    """The pickle asks for more than `limit` tensors, or for as much work."""


class NoStateDict(Exception):
    """The pickle asks for things that no state dict has."""


@dataclass
class Spent:
    """What all pickles of one file have asked for so far, those inside of others included."""

    steps: int = 0
    calls: int = 0
    work: int = 0


class _Thing:
    """What torch's reader would hold: how much a call that is given it would touch, and how many
    things are in it, a text being one however long it is."""

    __slots__ = ("in_tuple", "things", "weight")

    def __init__(self, weight: int = 1, things: int = 1) -> None:
        self.weight, self.things, self.in_tuple = weight, things, False


def check_pickle(file: BinaryIO, spent: Spent) -> None:
    """Read one pickle, from where the file stands: its instructions are followed on a stack that
    holds only weights.

    Costs about a microsecond for an instruction, and little memory.

    Args:
        file: opened for reading; stands behind the pickle afterwards.
        spent: what the file's other pickles have asked for; grows.

    Raises:
        TooMuch: more tensors than MAX_TENSORS, or as much work as they would need.
        NoStateDict: what grows without bound, or nests too deep.
        ValueError, LookupError: it is damaged.
    """
    stack: list[_Thing] = []
    marks: list[list[_Thing]] = []
    memo: dict[object, _Thing] = {}
    for opcode, argument, _ in pickletools.genops(file):
        name = opcode.name
        spent.steps += 1
        if name in _GETS:
            stack.append(memo[argument])
        elif name in _PUTS:
            place = argument if isinstance(argument, int) else len(memo)
            if not 0 <= place < _MOST_NAMES:
                raise ValueError(name)
            memo[place] = stack[-1]
        elif name == "MARK":
            marks.append(stack)
            stack = []
        else:
            taken, to_mark, given = _EFFECTS[name]
            gone: list[_Thing] = []
            if to_mark:
                gone, stack = stack, marks.pop()
            if taken:
                gone = stack[-taken:] + gone
                del stack[-taken:]
            if name in _CALLS:
                spent.calls += 1
                spent.work += gone[-1].weight
                stack.append(_Thing())
            elif name in _FILLS:
                spent.work += _filled(name, gone)
                stack.append(gone[0])
            elif name in _TUPLES:
                stack.append(_tuple(gone))
            elif given:
                letters = len(argument) if isinstance(argument, str | bytes) else 0
                stack += [_Thing(1 + letters // _LETTERS)] * given
        if spent.steps > _MAX_STEPS or spent.calls > _MAX_CALLS or spent.work > _MAX_WORK:
            raise TooMuch


def _filled(name: str, gone: list[_Thing]) -> int:
    """Put things into a list, dict or set, the first of `gone`; the work of finding their places.

    What was put into a tuple before would grow unseen: the tuple's weight is known already.
    """
    target, *new = gone
    if target.in_tuple:
        raise NoStateDict
    target.weight += sum(thing.weight for thing in new)
    target.things += sum(thing.things for thing in new)
    keys = () if name.startswith("APPEND") else new[::2] if name.startswith("SET") else new
    return sum(thing.weight for thing in keys)


def _tuple(inside: list[_Thing]) -> _Thing:
    for thing in inside:
        thing.in_tuple = True
    # The numbers of a NumPy array are one text in the tuple of its state.
    things = 1 + sum(thing.things for thing in inside)
    found = _Thing(1 + sum(thing.weight for thing in inside), things)
    if things > _MAX_TUPLE:
        raise NoStateDict
    return found


def _effect(opcode: pickletools.OpcodeInfo) -> tuple[int, bool, int]:
    """How many things an instruction takes off the stack, whether all down to the mark too, and
    how many it puts there."""
    before = opcode.stack_before
    if pickletools.markobject in before:
        return before.index(pickletools.markobject), True, len(opcode.stack_after)
    return len(before), False, len(opcode.stack_after)


_PUTS: Final = frozenset(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"))
_GETS: Final = frozenset(("GET", "BINGET", "LONG_BINGET"))
_FILLS: Final = frozenset(("APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS"))
_TUPLES: Final = frozenset(("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"))
_EFFECTS: Final = {opcode.name: _effect(opcode) for opcode in pickletools.opcodes}
