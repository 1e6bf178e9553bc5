"""A program from outside is tried where a crash costs nothing, and is used only if it is right."""

import sys

import pytest
import torch

from explorer.networks import build
from explorer.networks.engines import PACKAGES, EngineError, is_here, make, trial

IMAGES = torch.zeros(1, 3, 4, 4)
WANTED = torch.tensor([[1.0, -4.0, 2.0]])
WRITE = "import sys, struct; sys.stdin.buffer.read(); sys.stdout.buffer.write({})"
needs_linux = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a script in the place of the one that runs a file; each has files of its own."""
    monkeypatch.setattr(trial, "_found", type(trial._found)())

    def put(text):
        script = tmp_path / "script.py"
        script.write_text(text)
        monkeypatch.setattr(trial, "_SCRIPT", script)

    return put


def verdict(file=b"file"):
    try:
        trial.passed("openvino", file, IMAGES, WANTED, 1)
    except EngineError as problem:
        return problem.title
    return "passed"


def answers(*logits):
    return WRITE.format(f"struct.pack('3f', {', '.join(map(str, logits))})")


@pytest.mark.parametrize(
    ("logits", "found"),
    [
        ((1, -4, 2), "passed"),
        ((1.0003, -4, 2), "passed"),
        ((1.001, -4, 2), "apart"),
        (("float('nan')", -4, 2), "apart"),
    ],
)
def test_only_an_answer_that_is_right_passes(program, logits, found):
    program(answers(*logits))
    assert verdict() == found


def test_another_class_does_not_pass(program, monkeypatch):
    monkeypatch.setattr(trial, "TOLERANCE", 1.0)
    program(answers(2.5, -4, 2))
    assert verdict() == "apart"


@needs_linux
@pytest.mark.parametrize("signal", ["SIGSEGV", "SIGABRT", "SIGKILL"])
def test_a_crash_is_told_and_not_repeated(program, signal):
    program(f"import os, signal; os.kill(os.getpid(), signal.{signal})")
    assert verdict() == "crashed"
    program(answers(1, -4, 2))
    assert verdict() == "crashed"
    assert verdict(b"other weights") == "passed"


def test_half_an_answer_is_a_crash(program):
    program(WRITE.format("b'1234'"))
    assert verdict() == "crashed"


def test_who_gives_up_says_why(program):
    program("import sys; print('no such op', file=sys.stderr); sys.exit(3)")
    with pytest.raises(EngineError, match="no such op"):
        trial.passed("openvino", b"file", IMAGES, WANTED, 1)


def test_who_gives_up_without_a_word(program):
    program("import sys; sys.exit(3)")
    assert verdict() == "cannot"


def test_lateness_is_no_verdict(program, monkeypatch):
    """A machine that is busy now may be idle in an hour."""
    monkeypatch.setattr(trial, "PATIENCE_S", 0.2)
    program("import time; time.sleep(60)")
    assert verdict() == "too slow to try"
    monkeypatch.setattr(trial, "PATIENCE_S", 60)
    program(answers(1, -4, 2))
    assert verdict() == "passed"


def test_what_is_remembered_is_bounded(program, monkeypatch):
    monkeypatch.setattr(trial, "_MOST_REMEMBERED", 2)
    program(answers(1, -4, 2))
    for number in range(4):
        assert verdict(b"%d" % number) == "passed"
    assert len(trial._found) == 2


@pytest.mark.parametrize("name", PACKAGES)
def test_what_is_no_file_is_refused_without_a_crash(name):
    if not is_here(name):
        pytest.skip("not installed")
    with pytest.raises(EngineError) as caught:
        trial.passed(name, b"no network", IMAGES, WANTED, 1)
    assert caught.value.title == "cannot"


@pytest.mark.skipif(not is_here("openvino"), reason="not installed")
def test_openvino_runs_group_norm_and_counts_nobody():
    """With its own kernels it ends the process at a network such as this."""
    from explorer.architecture import NetworkSpec

    spec = NetworkSpec(
        block="basic", depths=(2,), widths=(9,), stem="deep", shortcut="padding", norm="group"
    )
    network = build(spec)
    x = torch.randn(1, 3, 36, 36, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        wanted = network(x)
    found = make("openvino", network, (1, 3, 36, 36), x)(x)
    assert float((found - wanted).abs().max()) < 1e-4 * float(wanted.abs().max())
    assert sys.modules.get("openvino_telemetry") is None
