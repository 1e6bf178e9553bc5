"""Heavy work: what it would take is foretold, refused, and handed few places fairly."""

import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import perf_counter, sleep

import pytest
import torch

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset
from explorer.experiments import machine, work
from explorer.experiments.gate import Gate
from explorer.experiments.work import TooMuch, Work
from explorer.networks import available_devices, build
from explorer.networks.stopping import stoppable

GIGA = 10**9
ABSURD = NetworkSpec(
    "basic", (1,), (4080,), stem="cifar", num_classes=10, norm="none", shortcut="none"
)


class Left(BaseException):
    """A visitor who is gone."""


class TestWork:
    @pytest.mark.parametrize("name", PRESETS)
    def test_every_named_network_may_run_in_every_view_on_eight_gigabytes(self, name: str) -> None:
        from explorer.experiments.deletion import candidates

        bp = blueprint(PRESETS[name].spec, PRESETS[name].image_size)
        for wanted in (
            work.forward(bp, images=4, passes=4),
            work.forward(bp, passes=len(candidates(bp))),
            work.keeping_features(bp),
            work.gradients(bp),
            work.building(bp.params, 2),
        ):
            wanted.check(1_000 * GIGA, 2 * 2**30)

    def test_the_absurd_is_refused_and_says_what_it_would_take(self) -> None:
        bp = blueprint(ABSURD, 140)
        with pytest.raises(TooMuch, match=r"would take 5,\d\d\d billion .* at most 1,000 billion"):
            work.forward(bp).check(1_000 * GIGA, 2 * 2**30)
        with pytest.raises(TooMuch, match=r"about [\d,]+ MB of memory; at most 512 MB"):
            work.building(bp.params).check(1_000 * GIGA, 512 * 10**6)
        assert bp.params > 290_000_000, "what cannot be run can be counted"

    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the peak")
    @pytest.mark.parametrize(
        ("kind", "code"),
        [
            ("forward", "network(x)"),
            ("gradients", "torch.autograd.grad(network(x).sum(), x)"),
            ("keeping_features", "features(network, x)"),
        ],
    )
    def test_the_memory_is_foretold_within_a_factor(self, kind: str, code: str) -> None:
        """Against the peak of a process of its own, which does nothing else."""
        spec = replace(preset("resnet18"), widths=(128, 256, 512, 1024))
        bp = blueprint(spec, 320)
        script = f"""
import re, torch
from pathlib import Path
from contextlib import suppress
from dataclasses import replace
from explorer.architecture import preset
from explorer.experiments.features import features
from explorer.networks import build
torch.set_num_threads(1)
build(preset("resnet18"))
small = torch.zeros(1, 3, 32, 32)
build(preset("resnet18"))(small)
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
network = build(replace(preset("resnet18"), widths=(128, 256, 512, 1024)))
x = torch.zeros(1, 3, 320, 320, requires_grad="{kind}" == "gradients")
with torch.set_grad_enabled("{kind}" == "gradients"):
    {code}
print(peak() - before)
"""
        root = Path(__file__).parents[2]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=root)
        assert done.returncode == 0, done.stderr
        measured = int(done.stdout) * 1024
        foretold = getattr(work, kind)(bp).memory
        assert measured / 2 < foretold < 2 * measured, (measured / 2**20, foretold / 2**20)


class TestGate:
    def test_few_at_once(self) -> None:
        gate, inside, most = Gate(2, 100), [0], [0]
        lock, two = threading.Lock(), threading.Event()

        def visit(name: str) -> None:
            with gate.place(name, 1):
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                    if inside[0] == 2:
                        two.set()
                two.wait(60)  # the first waits for the second, however late it starts
                sleep(0.02)
                with lock:
                    inside[0] -= 1

        threads = [threading.Thread(target=visit, args=(f"v{i}",)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert most[0] == 2 and inside[0] == 0

    def test_together_they_need_no_more_than_the_memory(self) -> None:
        gate, entered = Gate(2, 100), threading.Event()

        def large() -> None:
            with gate.place("second", 60):
                entered.set()

        with gate.place("first", 60):
            thread = threading.Thread(target=large)
            thread.start()
            assert not entered.wait(0.3)
        assert entered.wait(10)
        thread.join(10)

    def test_who_holds_a_place_comes_after_all_others(self) -> None:
        gate, order = Gate(1, 100), []
        hold, waiting = threading.Event(), []

        def visit(name: str, label: str) -> None:
            with gate.place(name, 1, lambda before: waiting.append(label)):
                order.append(label)

        def greedy() -> None:
            with gate.place("greedy", 1):
                hold.wait(120)

        threads = [threading.Thread(target=greedy)]
        threads[0].start()
        while not gate._running:
            sleep(0.01)
        for name, label in [
            ("greedy", "greedy 2"),
            ("greedy", "greedy 3"),
            ("ann", "ann 1"),
            ("bob", "bob 1"),
            ("ann", "ann 2"),
        ]:
            threads.append(threading.Thread(target=visit, args=(name, label)))
            threads[-1].start()
            while label not in waiting:
                sleep(0.01)
        hold.set()
        for thread in threads:
            thread.join(20)
        assert order[:2] == ["ann 1", "bob 1"]
        assert sorted(order) == ["ann 1", "ann 2", "bob 1", "greedy 2", "greedy 3"]

    def test_a_place_within_a_place_is_the_same(self) -> None:
        gate = Gate(1, 100)
        with gate.place("a", 60), gate.place("a", 60):
            pass
        with gate.place("a", 60):
            pass

    def test_who_leaves_the_line_leaves_nothing_behind(self) -> None:
        gate = Gate(1, 100)

        def leave(before: int) -> None:
            raise Left

        def visit() -> None:
            with pytest.raises(Left), gate.place("b", 1, leave):
                pass

        with gate.place("a", 1):
            thread = threading.Thread(target=visit)
            thread.start()
            thread.join(10)
            assert not gate._waiting
        with pytest.raises(Left), gate.place("a", 1):
            raise Left
        assert not gate._running


def test_a_pass_is_broken_off_between_two_ops() -> None:
    network, seen = build(preset("resnet20")), []

    def go_on() -> None:
        seen.append(1)
        if len(seen) == 5:
            raise Left

    with pytest.raises(Left), stoppable(go_on), torch.inference_mode():
        network(torch.zeros(1, 3, 32, 32))
    assert len(seen) == 5
    with torch.inference_mode():
        network(torch.zeros(1, 3, 32, 32))
    assert len(seen) == 5, "it holds inside only"


def slope_of(network: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    with torch.enable_grad():
        source = x.clone().requires_grad_()
        return torch.autograd.grad(network(source)[0, 0], source)[0]


DEVICES = [device.id for device in available_devices()]


def test_gradients_inside_are_computed_by_who_asks_for_them() -> None:
    """Else an accelerator's are by a thread of PyTorch's, in which nobody can be asked."""
    for _ in range(2):
        with stoppable(lambda: None):
            with stoppable(lambda: None):
                assert not torch._C._is_multithreading_enabled()
            assert not torch._C._is_multithreading_enabled()
        with suppress(Left), stoppable(lambda: None):
            raise Left
        assert torch._C._is_multithreading_enabled(), "it holds inside only"


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", [Left, KeyboardInterrupt, ValueError])
def test_a_gradient_is_broken_off_between_two_ops(kind: type[BaseException], device: str) -> None:
    """What is raised comes out of PyTorch's engine as it was, Streamlit's own signals too."""
    network = build(preset("resnet20"), device)
    x = torch.randn(1, 3, 32, 32, device=device)
    asked = []
    with stoppable(lambda: asked.append(1)), torch.inference_mode():
        network(x)
    there = len(asked)
    with stoppable(lambda: asked.append(1)):
        whole = slope_of(network, x)
    assert len(asked) >= 3 * there - 2, "on the way back as often as on the way there"
    asked.clear()

    def go_on() -> None:
        asked.append(1)
        if len(asked) == there + 7:
            raise kind

    with pytest.raises(kind), stoppable(go_on):
        slope_of(network, x)
    assert len(asked) == there + 7
    # An accelerator adds up in whatever order it likes.
    torch.testing.assert_close(slope_of(network, x), whole, rtol=1e-3, atol=1e-5)
    assert len(asked) == there + 7, "it holds inside only"


@pytest.mark.parametrize("device", DEVICES)
def test_who_asks_for_the_gradient_is_asked_on_the_way_back(device: str) -> None:
    """One who comes back to a graph that was made before, as a page does that pulls back twice."""
    network, asked = build(preset("resnet20"), device), []
    x = torch.randn(1, 3, 32, 32, device=device, requires_grad=True)
    with stoppable(lambda: asked.append("first")):
        out = network(x)
    asked.clear()
    with stoppable(lambda: asked.append("second")):
        torch.autograd.grad(out[0, 0], x, retain_graph=True)
    assert set(asked) == {"second"}
    torch.autograd.grad(out[0, 0], x)
    assert set(asked) == {"second"}


def test_who_leaves_during_a_gradient_frees_the_place_within_a_second() -> None:
    """Or within a quarter of the way back, on a machine on which that takes longer."""
    spec = NetworkSpec("basic", (12,), (32,), stem="cifar", num_classes=10)
    network, x = build(spec), torch.randn(8, 3, 64, 64)
    gate, gone = Gate(1, GIGA), threading.Event()
    all_the_way: list[bool] = []

    def go_on() -> None:
        if gone.is_set():
            raise Left

    def visit() -> None:
        with suppress(Left), gate.place("leaves", 1), stoppable(go_on), torch.enable_grad():
            source = x.clone().requires_grad_()
            out = network(source)
            # On the way back, and at once: whoever waits for a core would be too late.
            out.grad_fn.register_prehook(lambda _: gone.set())
            torch.autograd.grad(out.sum(), source)
            all_the_way.append(True)

    with torch.enable_grad():
        source = x.clone().requires_grad_()
        out = network(source)
    began = perf_counter()
    torch.autograd.grad(out.sum(), source)
    whole = perf_counter() - began
    visitor = threading.Thread(target=visit)
    visitor.start()
    assert gone.wait(60)
    left = perf_counter()
    with gate.place("comes", 1):
        waited = perf_counter() - left
    visitor.join(60)
    print(f"place free after {waited:.2f} s; the whole way back takes {whole:.2f} s")
    assert not all_the_way
    assert waited < max(1, whole / 4)


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    whole = machine.memory(())
    limit = tmp_path / "memory.max"
    limit.write_text("1000000\n")
    assert machine.memory((str(limit),)) == 1_000_000
    limit.write_text("max\n")
    assert machine.memory((str(limit), str(tmp_path / "none"))) == whole > 2**28
    assert Work(1, 1).check(1, 1) is None
