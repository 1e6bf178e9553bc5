"""Weights that OpenVINO keeps as read lie in a file without a name: what it saves, and that
nothing depends on it."""

import os
import subprocess
import sys
import tempfile
import threading
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.architecture import preset
from explorer.networks import build
from explorer.networks.engines import foreign, is_here, make

SHAPE = (1, 3, 32, 32)
needs_openvino = pytest.mark.skipif(not is_here("openvino"), reason="not installed")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where such files are put; a disk with room, whatever this machine's is."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(foreign.shutil, "disk_usage", lambda _: Usage(10**12, 0, 10**12))
    monkeypatch.setattr(foreign, "in_memory", lambda _: False)
    return tmp_path


def arrays():
    generator = np.random.default_rng(0)
    return [
        generator.standard_normal((7, 3, 5, 5)).astype(np.float32),
        np.arange(11, dtype=np.int64),
        generator.standard_normal((1000, 30)).astype(np.float32).T,
        np.float32(3.5).reshape(()),
    ]


def weights_of(name):
    return 4 * sum(values.numel() for values in build(preset(name)).parameters())


def mapped():
    """Bytes of nameless files that this process has mapped."""
    lines = [
        line for line in Path("/proc/self/maps").read_text().splitlines() if "(deleted)" in line
    ]
    return sum(int(end, 16) - int(start, 16) for start, end in (_range(line) for line in lines))


def _range(line):
    return line.split()[0].split("-")


def test_values_are_the_same_also_once_they_were_let_go_of(folder):
    pages = foreign.Pages(arrays(), folder)
    assert list(folder.iterdir()) == []
    for _ in range(2):
        for found, wanted in zip(pages.arrays, arrays(), strict=True):
            assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
            assert np.array_equal(found, wanted)
        pages.let_go()


@needs_linux
def test_an_array_keeps_its_pages_and_the_last_one_takes_them_along(folder):
    before = mapped()
    big = np.ones(10**6, np.float32)
    kept = foreign.Pages([big, big], folder).arrays[1]
    assert mapped() - before >= 2 * big.nbytes
    assert np.array_equal(kept, big)
    del kept
    assert mapped() == before


@pytest.mark.skipif(sys.platform == "win32", reason="limits")
def test_a_disk_that_is_full_in_the_middle_is_told(folder, monkeypatch):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(OSError):
            foreign.Pages(arrays(), folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(folder.iterdir()) == []


def test_where_a_file_may_lie(folder, monkeypatch):
    assert foreign.place_for(10**6) == folder
    monkeypatch.setattr(foreign.shutil, "disk_usage", lambda _: Usage(10**12, 0, 10**9 + 10**6))
    assert foreign.place_for(10**6) == folder
    assert foreign.place_for(10**6 + 1) is None
    monkeypatch.undo()
    monkeypatch.setenv("TMPDIR", str(folder / "nowhere"))
    assert foreign.place_for(1) is None


def test_without_a_word_from_the_owner_it_is_a_disk(folder, monkeypatch):
    monkeypatch.delenv("TMPDIR")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(folder))
    assert foreign.place_for(1) in (Path("/var/tmp"), folder)
    monkeypatch.setattr(foreign, "in_memory", lambda one: one == Path("/var/tmp"))
    assert foreign.place_for(1) == folder
    monkeypatch.setattr(foreign, "in_memory", lambda _: True)
    assert foreign.place_for(1) is None


@pytest.mark.skipif(not os.path.ismount("/dev/shm"), reason="no such folder")
def test_memory_that_looks_like_a_disk_is_told():
    assert foreign.in_memory(Path("/dev/shm"))
    assert not foreign.in_memory(Path("/proc/nothing"))
    assert not foreign.in_memory(Path("/proc"))


def both(monkeypatch):
    """OpenVINO with a network in memory, and with its weights in a file."""
    network = build(preset("resnet20"))
    in_memory = make("openvino", network, SHAPE)
    monkeypatch.setattr(foreign, "_PAGED", 256)
    return in_memory, make("openvino", network, SHAPE, paged=True)


@needs_openvino
def test_answers_are_the_same_to_the_bit(folder, monkeypatch):
    one, other = both(monkeypatch)
    assert other.outside_bytes * 2 == one.outside_bytes
    for seed in range(3):
        x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))
        assert torch.equal(one(x), other(x))
    assert list(folder.iterdir()) == []


def no_place(monkeypatch):
    monkeypatch.setenv("TMPDIR", "/nowhere at all")


def full(monkeypatch):
    def write(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(foreign.os, "fsync", write)


def other_version(monkeypatch):
    from openvino import opset13

    def constant(*_, **__):
        raise TypeError("no such argument: shared_memory")

    monkeypatch.setattr(opset13, "constant", constant)


@needs_openvino
@pytest.mark.parametrize("lack", [no_place, full, other_version])
def test_without_a_file_all_is_as_ever(folder, monkeypatch, lack):
    lack(monkeypatch)
    one, other = both(monkeypatch)
    assert other.outside_bytes == one.outside_bytes
    x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    assert torch.equal(one(x), other(x))
    assert list(folder.iterdir()) == []


@needs_openvino
@needs_linux
def test_pages_go_with_the_engine_while_others_answer(folder, monkeypatch):
    before = mapped()
    _, kept = both(monkeypatch)
    network = build(preset("resnet20"))
    x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    wanted, ended = kept(x), threading.Event()

    def go_on_answering():
        while not ended.is_set():
            assert torch.equal(kept(x), wanted)

    busy = threading.Thread(target=go_on_answering)
    busy.start()
    one = mapped() - before
    assert one > 0
    try:
        for _ in range(5):
            made = make("openvino", network, SHAPE, paged=True)
            assert mapped() - before == 2 * one
            del made
            assert mapped() - before == one
    finally:
        ended.set()
        busy.join()


PROGRAM = """
import gc, sys, torch
from pathlib import Path
from explorer.architecture import preset
from explorer.experiments.machine import give_back
from explorer.networks import build
from explorer.networks.engines import make

def memory():
    gc.collect()
    give_back()
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    found = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}
    return found["Anonymous"], found["Rss"]

engine, paged = sys.argv[1], sys.argv[2] == "paged"
torch.set_num_threads(1)
first = make(engine, build(preset("resnet20")), (1, 3, 32, 32), paged=paged)
first(torch.zeros(1, 3, 32, 32))
network, x = build(preset("resnet18")), torch.zeros(1, 3, 64, 64)
network(x)
before = memory()
made = make(engine, network, (1, 3, 64, 64), paged=paged)
made(x)
after = memory()
print(made.outside_bytes, *(b - a for a, b in zip(before, after)))
"""


@needs_linux
@pytest.mark.parametrize(
    ("engine", "where", "copies"),
    [("onnxruntime", "memory", 1), ("openvino", "memory", 2), ("openvino", "paged", 1)],
)
def test_what_is_counted_is_what_a_process_takes(engine, where, copies):
    """And it ends in peace while the program still holds the weights."""
    if not is_here(engine):
        pytest.skip("not installed")
    if where == "paged" and foreign.place_for(10**8) is None:
        pytest.skip("no disk with room")
    command = [sys.executable, "-c", PROGRAM, engine, where]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    counted, anonymous, resident = map(int, done.stdout.split())
    weights = weights_of("resnet18")
    print(f"\n{engine}, {where}: weights {weights / 1e6:.0f} MB, counted {counted / 1e6:.0f}, "
          f"anonymous {anonymous / 1e6:+.0f}, resident {resident / 1e6:+.0f}")  # fmt: skip
    assert 0.98 < counted / copies / weights < 1.02  # norms are folded, names are added
    for found in (anonymous, resident):
        # A copy more or less would be 1 / copies of it.
        assert counted * 0.75 < found < counted * 1.35
