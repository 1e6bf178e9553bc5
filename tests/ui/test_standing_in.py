"""Programs from outside that answer in a network's place: when, which, and that nobody notices."""

import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.architecture import PRESETS, blueprint
from explorer.experiments import speed
from explorer.experiments.images import DecodedPicture
from explorer.networks import engines
from explorer.networks.engines import EngineError
from explorer.ui import budget, gate, settings
from explorer.ui.inference import cache, standing_in
from explorer.ui.inference import scene as scenes


class Program:
    """Answers as the network does, and counts how often."""

    def __init__(self, name, network):
        self.id, self._network, self.asked, self.gives_up = name, network, 0, False

    def __call__(self, x):
        self.asked += 1
        if self.gives_up:
            raise EngineError("engines", "cannot", engine=self.id, problem="tired")
        with torch.inference_mode():
            return self._network(x) * (1 + 1e-6)


class World:
    """Which programs there are, what they do, and how quick they are beside torch."""

    def __init__(self):
        self.made, self.problems, self.quicker = [], {}, {"openvino", "onnxruntime"}
        self.paged = set()

    def make(self, name, network, shape, images, paged):
        assert tuple(images.shape) == shape
        self.paged.add(paged)
        if name in self.problems:
            self.made.append(name)
            raise self.problems[name]
        self.made.append(Program(name, network))
        return self.made[-1]

    def by_turns(self, pair, x, rounds):
        return [1.0 if pair[0].id in self.quicker else 3.0, 2.0]


@pytest.fixture
def world(monkeypatch):
    """Two programs are installed; nothing has been answered yet."""
    made = World()
    monkeypatch.setattr(engines, "make", made.make)
    monkeypatch.setattr(engines, "is_here", lambda name: True)
    monkeypatch.setattr(speed, "by_turns", made.by_turns)
    for known in (standing_in._answered, standing_in._standings):
        known.clear()
    budget.store().drop()
    yield made
    done()
    budget.store().drop()


def done():
    """Wait until nobody looks for anything."""
    assert standing_in._busy.acquire(timeout=120)
    standing_in._busy.release()


def scene(number, network="resnet20", side=32, own=False):
    """Noise before a network on board, or the same as if it were a visitor's."""
    pixels = np.random.default_rng(number).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    picture = DecodedPicture(Image.fromarray(pixels), "PNG", "RGB", (40, 40), (), 0.0)
    loaded = replace(scenes.embedded(network, "cpu"), own=own)
    recipe = loaded.setup.recipe.at(side)
    bp = blueprint(PRESETS[network].spec, side)
    return scenes._scene(loaded, f"noise {number}", picture, recipe, bp, network)


def answers(number, **options):
    """Which engine answered; and that it answered as the network does."""
    one = scene(number, **options)
    found = cache.prediction(one)
    with torch.inference_mode():
        wanted = one.network(one.prepared.tensor)[0]
    assert float((found.logits - wanted).abs().max()) < 1e-4 * float(wanted.abs().max())
    done()
    return found.engine


def torchs():
    return "fused" if engines.can_fuse() else "folded"


def test_the_second_picture_asks_and_the_third_is_answered(world):
    assert answers(1) == torchs()
    budget.store().drop(lambda key: "cache.prediction" in key[0])
    assert answers(1) == torchs()
    assert world.made == []
    assert answers(2) == torchs()
    (made,) = world.made
    assert answers(3) == "openvino"
    assert made.asked > 1
    found = standing_in.standing_of(scene(3))
    assert (found.engine, found.problems, found.slower) == ("openvino", {}, ())
    assert 0 < found.apart < 1e-5


@pytest.mark.parametrize("own", [True, False])
def test_a_visitors_own_weights_are_never_written_to_the_disk(world, own):
    for number in (1, 2, 3):
        answers(number, own=own)
    assert world.paged == {not own}


def test_torchs_engine_is_let_go_of(world):
    for number in (1, 2):
        answers(number)
    one = scene(3)
    assert not cache._engine.has(one.weights, 32, one)
    assert standing_in.engine_of(one) is world.made[0]


def test_other_weights_and_sizes_are_asked_for_themselves(world):
    for number in (1, 2):
        answers(number)
    assert answers(3, side=48) == torchs()
    assert answers(3, network="plain20") == torchs()
    assert answers(3) == "openvino"


def test_who_is_slower_is_not_used_nor_tried_again(world):
    world.quicker = set()
    assert [answers(number) for number in range(5)] == [torchs()] * 5
    assert [one.id for one in world.made] == list(engines.PACKAGES)
    found = standing_in.standing_of(scene(1))
    assert (found.engine, found.slower) == (None, tuple(engines.PACKAGES))
    one = scene(1)
    assert cache._engine.has(one.weights, 32, one)


def test_who_crashes_is_left_out_and_the_next_one_answers(world):
    world.problems = {"openvino": EngineError("engines", "crashed", engine="OpenVINO", code=-11)}
    assert [answers(number) for number in range(4)] == [torchs(), torchs(), *["onnxruntime"] * 2]
    assert list(standing_in.standing_of(scene(1)).problems) == ["openvino"]


def test_who_answers_otherwise_is_not_used(world, monkeypatch):
    monkeypatch.setattr(Program, "__call__", lambda self, x: -self._network(x).detach())
    assert [answers(number) for number in range(3)] == [torchs()] * 3
    problems = standing_in.standing_of(scene(1)).problems
    assert [problem.title for problem in problems.values()] == ["apart", "apart"]


def test_who_gives_up_later_costs_no_answer(world):
    for number in (1, 2):
        answers(number)
    world.made[0].gives_up = True
    assert [answers(number) for number in (3, 4, 5)] == [torchs()] * 3
    found = standing_in.standing_of(scene(1))
    assert found.engine is None
    assert "tired" in str(found.problems["openvino"])
    assert len(world.made) == 1


def test_what_was_let_go_of_is_made_again(world):
    for number in (1, 2):
        answers(number)
    budget.store().drop(lambda key: "standing_in" in key[0])
    assert [answers(number) for number in (3, 4)] == [torchs(), "openvino"]
    assert [one.id for one in world.made] == ["openvino", "openvino"]


def test_without_such_programs_nothing_happens(world, monkeypatch):
    monkeypatch.setattr(engines, "is_here", lambda name: False)
    before = set(threading.enumerate())
    assert [answers(number) for number in range(3)] == [torchs()] * 3
    assert not [one for one in threading.enumerate() if one not in before]
    assert standing_in.standing_of(scene(1)) is None


def test_where_memory_is_short_torch_answers(world, monkeypatch):
    real = gate.check

    def check(work):
        if work.macs > 10**9:  # as only the comparison takes
            monkeypatch.setattr(settings, "most_macs", lambda: 10**8)
        real(work)

    monkeypatch.setattr(standing_in.gate, "check", check)
    monkeypatch.setattr(standing_in, "_ROUNDS", 100)
    answers(1), answers(2)
    monkeypatch.setattr(settings, "most_macs", lambda: 10**12)
    assert answers(3) == torchs()
    assert world.made == []


def test_a_pass_that_cannot_be_broken_off_is_short(world, monkeypatch):
    monkeypatch.setattr(standing_in, "MOST_MACS", 10**6)
    assert [answers(number) for number in range(3)] == [torchs()] * 3
    assert world.made == []


def test_what_is_remembered_is_bounded(world, monkeypatch):
    monkeypatch.setattr(standing_in, "_MOST_KNOWN", 2)
    for side in (32, 40, 48):
        answers(1, side=side)
    assert len(standing_in._answered) == 2


@pytest.mark.skipif(not engines.is_here("onnxruntime"), reason="not installed")
def test_with_the_real_program(monkeypatch):
    """As a server does it, whoever is quicker on this machine."""
    for known in (standing_in._answered, standing_in._standings):
        known.clear()
    budget.store().drop()
    monkeypatch.setattr(speed, "by_turns", lambda pair, x, rounds: [1.0, 2.0])
    monkeypatch.setattr(engines, "PACKAGES", {"onnxruntime": ("onnx", "onnxruntime")})
    assert [answers(number) for number in (1, 2, 3)] == [torchs(), torchs(), "onnxruntime"]
    one = scene(1)
    weights = 4 * one.blueprint.params
    assert weights * 0.99 < standing_in.engine_of(one).outside_bytes < weights * 1.3


def test_python_ends_in_peace_while_something_is_looked_for():
    """A thread in the middle of torch's work, ended where it stands, brings the process down
    (SIGABRT), on the machine of whoever stops the app at that moment."""
    program = """
import torch
from explorer.ui.inference import standing_in

def look(*_):
    images, weights = torch.ones(8, 64, 128, 128), torch.ones(64, 64, 3, 3)
    print("began", flush=True)
    for _ in range(10):
        torch.nn.functional.conv2d(images, weights)
    print("ended", flush=True)
    raise SystemExit

standing_in._quickest = look
standing_in._busy.acquire()
standing_in._start(None, None, [], None)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, ["began", "ended"]), done.stderr
