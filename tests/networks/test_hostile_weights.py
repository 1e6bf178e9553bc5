"""Files of weights made to harm: each is refused in one sentence, soon, and in little memory."""

import io
import os
import pickle
import struct
import subprocess
import sys
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save

from explorer.architecture import NetworkSpec
from explorer.networks import build
from explorer.networks.pickles import MAX_TENSORS
from explorer.networks.published_weights import files_there
from explorer.networks.recognise import Recognised, recognise
from explorer.networks.weights import (
    MEMORY_FOR_OBJECTS,
    MEMORY_PER_BYTE,
    SUFFIXES,
    WeightsError,
    load,
    read_state,
)

SPEC = NetworkSpec("basic", (1, 1), (8, 16), stem="cifar", shortcut="padding", num_classes=10)
PROTOCOL_2, STOP = b"\x80\x02", b"."


def pickled(value: object, **options) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def with_pickle(instructions: bytes) -> bytes:
    """A file of torch.save whose pickle is this one."""
    harmless, made = pickled({"a": torch.zeros(1)}), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(harmless)) as source, zipfile.ZipFile(made, "w") as target:
        for entry in source.infolist():
            own = entry.filename.endswith("data.pkl")
            target.writestr(entry.filename, instructions if own else source.read(entry))
    return made.getvalue()


def itself() -> bytes:
    wrapper: dict[str, object] = {}
    wrapper["state_dict"] = wrapper
    return pickled(wrapper)


def two_that_hold_each_other() -> bytes:
    one: dict[str, object] = {}
    one["model"] = {"state_dict": one}
    return pickled(one)


def many_safetensors() -> bytes:
    entry = '"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    table = ("{" + ",".join(entry % index for index in range(MAX_TENSORS + 1)) + "}").encode()
    return struct.pack("<Q", len(table)) + table


def many_tensors() -> bytes:
    """One tensor under a name, rebuilt again and again: 12 bytes for each."""
    whole = pickled({"a": torch.zeros(1)})
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        name = next(name for name in archive.namelist() if name.endswith("data.pkl"))
        own = archive.read(name)
    again = b"h\x00" * 6 + b"R"
    return with_pickle(own[:-2] + again * (5 * MAX_TENSORS) + own[-2:])


def deep_tuple() -> bytes:
    """Looking this key up overflows the machine's stack: Python crashes."""
    return with_pickle(PROTOCOL_2 + b"})" + b"\x85" * 2_000_000 + b"Ns" + STOP)


def doubled_tuple() -> bytes:
    """Sixty tuples of the one before, twice: going through them takes 2^60 steps."""
    doubled = b"".join(b"q%ch%c\x86" % (index, index) for index in range(1, 60))
    return with_pickle(PROTOCOL_2 + b"})" + doubled + b"Ns" + STOP)


def doubled_text() -> bytes:
    """Each call writes two digits for every byte: forty of them fill any memory."""
    start = b"X\x01\x00\x00\x00aX\x06\x00\x00\x00latin1\x86R"
    again = b"X\x03\x00\x00\x00hex\x86R"
    return with_pickle(
        PROTOCOL_2 + b"}X\x01\x00\x00\x00a" + b"c_codecs\nencode\n" * 40 + start + again * 39
        + b"s" + STOP
    )  # fmt: skip


def many_sets() -> bytes:
    return with_pickle(PROTOCOL_2 + b"(" + b"\x8f" * 3_000_000 + b"l" + STOP)


def one_large_key_again_and_again() -> bytes:
    key = b"(" + b"N" * 5_000 + b"tq\x01"
    return with_pickle(PROTOCOL_2 + b"}(" + key + b"N" + b"h\x01N" * 300_000 + b"u" + STOP)


def one_large_list_in_many_calls() -> bytes:
    """The list grows only after it was put into the arguments."""
    made = b"]q\x01\x85q\x02h\x01(" + b"N" * 100_000 + b"e"
    call = b"ccollections\nCounter\nh\x02R"
    return with_pickle(PROTOCOL_2 + made + call * 100_000 + STOP)


SAME_PLACE = 2**61 - 1
"""Python's hash of every multiple of it is 0: a dict looks at all of them for each."""


def keys_in_one_place() -> bytes:
    numbers = [(SAME_PLACE * index).to_bytes(11, "little") for index in range(1, 200_000)]
    keys = b"".join(b"\x8a\x0b" + number + b"N" for number in numbers)
    return with_pickle(PROTOCOL_2 + b"}(" + keys + b"u" + STOP)


def pairs_in_one_place() -> bytes:
    """The same through a call that makes a dict of pairs."""
    numbers = [(SAME_PLACE * index).to_bytes(11, "little") for index in range(1, 50_000)]
    pairs = b"".join(b"\x8a\x0b" + number + b"N\x86" for number in numbers)
    return with_pickle(PROTOCOL_2 + b"ccollections\nOrderedDict\n](" + pairs + b"e\x85R" + STOP)


def inside(instructions: bytes) -> bytes:
    """A plain pickle that has another one read, as pickle writes the numbers of a tensor."""
    length = struct.pack("<I", len(instructions))
    call = b"ctorch.storage\n_load_from_bytes\nB" + length + instructions + b"\x85R"
    return PROTOCOL_2 + b"}X\x01\x00\x00\x00a" + call + b"s" + STOP


def copies(times: int) -> bytes:
    """One dict that is copied again and again, six bytes for each copy."""
    names = b"".join(b"J" + struct.pack("<i", index) + b"N" for index in range(9_000))
    made = PROTOCOL_2 + b"ccollections\nOrderedDict\nq\x00}(" + names + b"u\x85q\x01"
    return made + b"](" + b"h\x00h\x01R" * times + b"e" + STOP


def copies_inside_of_another() -> bytes:
    return inside(copies(150_000))


def copies_in_many_parts() -> bytes:
    """Each part is small enough: it is their sum that is not."""
    part = copies(500)
    length = struct.pack("<I", len(part))
    made = b"ctorch.storage\n_load_from_bytes\nq\x00B" + length + part + b"\x85q\x01"
    again = b"h\x00h\x01R" * 3
    return PROTOCOL_2 + b"](" + (made + again) * 40 + b"e" + STOP


def copies_behind_another_magic() -> bytes:
    """The number that torch begins with, written as nobody writes it."""
    start = b"\x80\x02L%dL\n." % 0x1950A86A20F9469CFC6C
    return start + b"".join(pickle.dumps(part, 2) for part in (1001, {})) + copies(150_000)


def arrays_of_the_same_bytes() -> bytes:
    """600 kB that numpy's arrays are made of, each with a copy."""
    data = b"B" + struct.pack("<I", 600_000) + bytes(600_000)
    kind = b"cnumpy\ndtype\nX\x02\0\0\0f4\x85R"
    given = b"(" + data + kind + b"J" + struct.pack("<i", 150_000) + b"\x85X\x01\0\0\0Ctq\x01"
    made = b"cnumpy.core.multiarray\n_frombuffer\nq\x00" + given
    return with_pickle(PROTOCOL_2 + b"](" + made + b"h\x00h\x01R" * 3_000 + b"e" + STOP)


def many_entries() -> bytes:
    """The list of an archive that holds nothing else."""
    head = struct.pack("<4s4B4H2L5H2L", b"PK\1\2", 20, 0, 20, *[0] * 7, 1, *[0] * 6)
    entries = (head + b"a") * 1_000_000
    return entries + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, len(entries), 0, 0)


def many_lists_in_a_header() -> bytes:
    table = b'{"a":[' + b",".join([b"[]"] * 20_000_000) + b"]}"
    return struct.pack("<Q", len(table)) + table


ASKING_TOO_MUCH = {
    make.__name__: make
    for make in (
        itself,
        two_that_hold_each_other,
        many_tensors,
        deep_tuple,
        doubled_tuple,
        doubled_text,
        many_sets,
        one_large_key_again_and_again,
        one_large_list_in_many_calls,
        keys_in_one_place,
        pairs_in_one_place,
        copies_inside_of_another,
        copies_in_many_parts,
        copies_behind_another_magic,
        arrays_of_the_same_bytes,
        many_entries,
    )
}


@pytest.mark.parametrize("make", ASKING_TOO_MUCH.values(), ids=ASKING_TOO_MUCH)
def test_a_file_that_asks_for_too_much(make) -> None:
    with pytest.raises(
        WeightsError, match=r"holds no state dict|more than 50,000 tensors"
    ) as found:
        read_state(make(), "net.pth")
    assert str(found.value).endswith(".") and "\n" not in str(found.value)


def test_the_old_format_is_read_first_too() -> None:
    wrapper: dict[str, object] = {}
    wrapper["net"] = wrapper
    with pytest.raises(WeightsError, match="holds no state dict"):
        read_state(pickled(wrapper, _use_new_zipfile_serialization=False), "net.pth")
    start = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {}))
    with pytest.raises(WeightsError, match="holds no state dict"):
        read_state(start + PROTOCOL_2 + b"})" + b"\x85" * 99_999 + b"Ns.", "net.pth")


@pytest.mark.parametrize("make", [many_safetensors, many_lists_in_a_header])
def test_too_many_safetensors(make) -> None:
    with pytest.raises(WeightsError, match="more than 50,000 tensors"):
        read_state(make(), "net.safetensors")


def test_names_that_no_pickle_sets_aside() -> None:
    """Also of these a dict would look at all, for each."""
    names = b"".join(b"Np%d\n0" % (SAME_PLACE * index) for index in range(1, 200_000))
    for data in (with_pickle(PROTOCOL_2 + b"}" + names + STOP), PROTOCOL_2 + b"}" + names + STOP):
        with pytest.raises(WeightsError, match="damaged or no PyTorch file"):
            read_state(data, "net.pth")


def lying_about_its_size() -> bytes:
    """An archive whose numbers unfold to 1.5 GB and whose head says that they are four bytes."""
    whole = pickled({"a": torch.zeros(1)})
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(10**6)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = piece * 1_500 + packer.flush()
    return repacked(whole, zipfile.ZIP_DEFLATED, packed)


def packed_in_two_ways(method: int) -> bytes:
    return repacked(pickled({"a": torch.zeros(1)}), method, None)


def repacked(whole: bytes, method: int, packed: bytes | None) -> bytes:
    """A file of torch.save, packed by this method; its first numbers replaced by `packed`."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(made, "w") as target:
        for entry in source.infolist():
            numbers = entry.filename.endswith("data/0")
            if numbers and packed is not None:
                name = entry.filename
                target.writestr(name, packed)
                found = target.getinfo(name)
                found.compress_type, found.file_size = method, 4
                target.fp.seek(found.header_offset + 8)
                target.fp.write(struct.pack("<H", method))
                target.fp.seek(target.start_dir)
            else:
                target.writestr(entry.filename, source.read(entry), method)
    return made.getvalue()


def test_an_archive_that_lies_about_its_size() -> None:
    with pytest.raises(WeightsError, match="damaged or no PyTorch file"):
        read_state(lying_about_its_size(), "net.pth")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_ways_of_packing_that_unfold_all_at_once(method: int) -> None:
    """2 kB of bzip2 were 2 GB, whatever the archive says of its sizes."""
    with pytest.raises(WeightsError, match=r"compressed as torch\.save never does"):
        read_state(packed_in_two_ways(method), "net.pth")
    deflated = read_state(packed_in_two_ways(zipfile.ZIP_DEFLATED), "net.pth")
    assert deflated["a"].tolist() == [0.0]


def test_an_optimisers_state_is_not_too_much() -> None:
    network = build(SPEC)
    optimiser = torch.optim.Adam(network.parameters())
    network(torch.zeros(1, 3, 8, 8)).sum().backward()
    optimiser.step()
    whole = {"state_dict": network.state_dict(), "optimizer": optimiser.state_dict(), "epoch": 3}
    assert set(read_state(pickled(whole), "net.pth")) == set(network.state_dict())
    parameters = dict(network.named_parameters())
    assert set(read_state(pickled(parameters), "net.pth")) == set(parameters)


KINDS = {
    "meta": (lambda: torch.empty(10, 16, device="meta"), "no numbers"),
    "nested": (lambda: torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)]), "is nested"),
    "sparse": (lambda: torch.zeros(10, 16).to_sparse(), "is sparse"),
    "sparse csr": (lambda: torch.zeros(10, 16).to_sparse_csr(), "is sparse"),
    "quantised": (
        lambda: torch.quantize_per_tensor(torch.zeros(10, 16), 0.1, 0, torch.qint8),
        "is quantised",
    ),
    "complex": (lambda: torch.zeros(10, 16, dtype=torch.complex64), "complex numbers"),
    "expanded": (lambda: torch.zeros(1).expand(10, 16), "repeats few numbers"),
    "huge": (lambda: torch.zeros(1).expand(10**5, 10**5), "repeats few numbers"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("make", "words"), KINDS.values(), ids=KINDS)
def test_a_tensor_that_is_no_ordinary_one_is_named(make, words) -> None:
    state = dict(build(SPEC).state_dict()) | {"fc.weight": make()}
    with pytest.raises(WeightsError, match=f"`'fc.weight'`.*{words}"):
        read_state(pickled(state), "net.pth")
    if words != "is nested" and make().shape == (10, 16):
        with pytest.raises(WeightsError, match=f"`'fc.weight'`.*{words}"):
            load(SPEC, state)


@pytest.mark.parametrize("step", ["²", "½", "٣", "𝟙", "9" * 5_000, "", "-1", "\0", "a" * 9_999])
def test_steps_of_names_that_look_like_numbers(step: str) -> None:
    """Python calls "²" a digit and makes no number of it, nor of five thousand."""
    state = build(SPEC).state_dict()
    renamed = {key.replace(".0.", f".{step}."): value for key, value in state.items()}
    moved = {f"{step}.{key}": value for key, value in state.items()}
    for named in (renamed, moved):
        assert isinstance(recognise(pickled(named), "net.pth"), Recognised)
    # Without names that tell anything, and beside what stands in the way.
    bare = {f"{step}{at}.weight": value for at, value in enumerate(state.values())}
    beside = state | {f"layer1.{step}": torch.zeros(3), f"layer1.0.{step}.weight": torch.zeros(3)}
    for named in (bare, beside):
        with suppress(WeightsError):
            recognise(pickled(named), "net.pth")


def test_tensors_that_share_their_numbers() -> None:
    """A thousand names for one megabyte would be a gigabyte when they are copied."""
    numbers = torch.zeros(250_000)
    with pytest.raises(WeightsError, match="more numbers than the file holds"):
        read_state(pickled({f"a{index}": numbers for index in range(1_000)}), "net.pth")


def test_names_of_files_act_on_nothing() -> None:
    with pytest.raises(WeightsError) as found:
        read_state(b"", "![x](//host).pth")
    assert str(found.value).startswith("`'![x](//host).pth'` is empty, ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such pipes")
def test_what_is_no_file_in_the_folder(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
    assert files_there(SUFFIXES) == []
    folder = tmp_path / "checkpoints"
    (folder / "folder.pth").mkdir(parents=True)
    (folder / "link.pth").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder / "pipe.pth")
    (folder / "net.PTH").write_bytes(pickled(build(SPEC).state_dict()))
    (folder / "notes.txt").write_text("no weights")
    assert [path.name for path in files_there(SUFFIXES)] == ["net.PTH"]
    for name in ("folder.pth", "link.pth", "pipe.pth", "gone.pth"):
        with pytest.raises(WeightsError, match="is no file"):
            read_state(folder / name, name)
    assert read_state(folder / "net.PTH", "net.PTH")


def test_memory_and_work_are_bounded_by_the_size_of_the_file(tmp_path: Path) -> None:
    """In a process of its own: what it took at most, beyond what it took before."""
    honest = dict(build(NetworkSpec("basic", (2,), (256,), stem="cifar")).state_dict())
    files = {name: make() for name, make in ASKING_TOO_MUCH.items()}
    files |= {"honest": pickled(honest), "many": many_safetensors(), "safe": save(honest)}
    files |= {"lists": many_lists_in_a_header(), "lying": lying_about_its_size()}
    for name, data in files.items():
        suffix = "safetensors" if name in ("many", "safe", "lists") else "pth"
        (tmp_path / f"{name}.{suffix}").write_bytes(data)
    program = """
import resource, sys, time
from pathlib import Path
from explorer.networks.weights import WeightsError, read_state

unit = 1 if sys.platform == "darwin" else 1024
def most():
    # What Linux says elsewhere includes what the process held that started this one.
    if sys.platform == "linux":
        return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
for path in sorted(Path(sys.argv[1]).iterdir(), key=lambda path: path.stat().st_size):
    before, begun = most(), time.process_time()
    try:
        read_state(path, path.name)
    except WeightsError:
        pass
    print(path.name, path.stat().st_size, most() - before, time.process_time() - begun)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(files)
    for line in lines:
        _, size, taken, worked = line.split()
        assert int(taken) < MEMORY_PER_BYTE * int(size) + MEMORY_FOR_OBJECTS, line
        assert float(worked) < 60, line


def test_an_error_of_weights_crosses_processes() -> None:
    error = WeightsError("no tensors", name="`a`")
    again = pickle.loads(pickle.dumps(error))
    assert (
        type(again) is WeightsError
        and str(again) == str(error) == "`a` holds no state dict: there are no tensors in it."
    )


class Shared:
    """Asks for an array of numbers that many others are made of."""

    def __init__(self, numbers: bytes) -> None:
        self.numbers = numbers

    def __reduce__(self):
        made, given, state = np.zeros(len(self.numbers) // 4, np.float32).__reduce__()
        return made, given, (*state[:4], self.numbers)


def test_arrays_that_share_their_numbers() -> None:
    """Each would be a copy: what reading takes is bounded by the file's size."""
    numbers = bytes(4_000_000)
    few = pickle.dumps({f"a{index}.weight": Shared(numbers) for index in range(2)})
    assert set(read_state(few, "net.pkl")) == {"a0.weight", "a1.weight"}
    with pytest.raises(WeightsError, match=r"damaged|not a"):
        read_state(pickle.dumps({f"a{index}": Shared(numbers) for index in range(50)}), "net.pkl")
