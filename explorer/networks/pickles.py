"""What a pickle would build, told before anything is built.

The reader in explorer.networks.reading runs no code of the file, but it notes whatever is asked
for: a few kilobytes can ask for a million tensors, for text that doubles forty times, or for
tuples in tuples so deep that Python itself crashes when it looks one up. So the instructions are
read first.
"""

import io
import pickletools
import zipfile
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
_LETTERS: Final = 64
"""As many letters are as much work as one thing."""
_CALLS: Final = frozenset(("REDUCE", "NEWOBJ", "BUILD"))
_MAGIC: Final = (0x1950A86A20F9469CFC6C).to_bytes(10, "little")
_LEGACY_PARTS: Final = 5
"""A file of the old format holds a magic number, a version, a system, the object, its keys."""


class TooMuch(Exception):
    """The pickle asks for more than `limit` tensors, or for as much work."""


class NoStateDict(Exception):
    """The pickle asks for things that no state dict has."""


def check(file: BinaryIO) -> None:
    """Read the pickle in a file of torch.save, of either format, from the file's beginning.

    Costs about a microsecond for an instruction, and little memory.

    Raises:
        TooMuch: more tensors than MAX_TENSORS, or as much work as they would need.
        NoStateDict: what grows without bound, or nests too deep.
        ValueError, LookupError, zipfile.BadZipFile: it is damaged.
    """
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                if name.endswith(".pkl"):
                    check_pickle(io.BytesIO(archive.read(name)))
        return
    file.seek(0)
    for part in range(_LEGACY_PARTS):
        check_pickle(file)
        if not part and not _begins_as_torch_does(file):
            return  # a plain pickle is alone


def _begins_as_torch_does(file: BinaryIO) -> bool:
    """Whether the first pickle was the magic number of torch.save."""
    end = file.tell()
    file.seek(0)
    found = file.read(min(end, 64))
    file.seek(end)
    return _MAGIC in found


class _Thing:
    """What torch's reader would hold: how much a call that is given it would touch, and how many
    things are in it, a text being one however long it is."""

    __slots__ = ("in_tuple", "things", "weight")

    def __init__(self, weight: int = 1, things: int = 1) -> None:
        self.weight, self.things, self.in_tuple = weight, things, False


def check_pickle(file: BinaryIO) -> None:
    """One pickle, from where the file stands: its instructions are followed on a stack that holds
    only weights.

    Raises:
        TooMuch, NoStateDict, ValueError, LookupError: see `check`.
    """
    calls = work = 0
    stack: list[_Thing] = []
    marks: list[list[_Thing]] = []
    memo: dict[object, _Thing] = {}
    for step, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        name = opcode.name
        if name in _GETS:
            stack.append(memo[argument])
        elif name in _PUTS:
            memo[len(memo) if name == "MEMOIZE" else argument] = stack[-1]
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
                calls += 1
                work += gone[-1].weight
                stack.append(_Thing())
            elif name in _FILLS:
                work += _filled(name, gone)
                stack.append(gone[0])
            elif name in _TUPLES:
                stack.append(_tuple(gone))
            elif given:
                letters = len(argument) if isinstance(argument, str | bytes) else 0
                stack += [_Thing(1 + letters // _LETTERS)] * given
        if step > _MAX_STEPS or calls > _MAX_CALLS or work > _MAX_WORK:
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
