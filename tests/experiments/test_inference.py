"""Predictions: against torch itself, from ten threads at once, and of networks that overflow."""

import threading

import pytest
import torch

from explorer.architecture import NetworkSpec, preset
from explorer.experiments import inference
from explorer.experiments.inference import Prediction, predict
from explorer.experiments.inference_setup import class_names, setups, usual_recipe
from explorer.networks import build

SPEC = NetworkSpec("basic", (2, 2), (8, 16), stem="cifar", shortcut="padding", num_classes=10)
NAMES = tuple("abcdefghij")


def test_a_prediction_is_the_networks_answer() -> None:
    network, x = build(SPEC), torch.randn(1, 3, 32, 32)
    found = predict(network, x, NAMES)
    with torch.inference_mode():
        logits = network(x)[0]
    assert torch.equal(found.logits, logits)
    probabilities = logits.softmax(0)
    order = probabilities.argsort(descending=True).tolist()
    assert [guess.index for guess in found.top(5)] == order[:5]
    assert [guess.name for guess in found.top(10)] == [NAMES[index] for index in order]
    assert found.best.probability == pytest.approx(float(probabilities.max()), rel=1e-5)
    assert found.margin == pytest.approx(
        float(probabilities[order[0]] - probabilities[order[1]]), abs=1e-6
    )
    assert found.finite and found.seconds > 0 and not found.logits.requires_grad


def test_seconds_are_those_of_one_forward_pass(monkeypatch) -> None:
    """By a clock that moves only while the network runs, and while the device is waited for."""
    now = [100.0]
    network, x = build(SPEC), torch.randn(1, 3, 32, 32)

    def forward(*arguments):
        now[0] += 0.25
        return type(network).forward(network, *arguments)

    def wait(device):
        now[0] += 0.5

    monkeypatch.setattr(network, "forward", forward)
    monkeypatch.setattr(inference, "synchronise", wait)
    monkeypatch.setattr(inference, "perf_counter", lambda: now[0])
    assert predict(network, x, NAMES).seconds == 0.75


def test_wrong_number_of_names() -> None:
    with pytest.raises(ValueError, match="3 class names for 10 outputs"):
        predict(build(SPEC), torch.randn(1, 3, 32, 32), ("a", "b", "c"))


def test_one_class_has_the_whole_probability() -> None:
    assert Prediction(torch.tensor([3.0]), ("only",), 0.0).margin == 1.0


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_overflow_is_noticed(bad: float) -> None:
    prediction = Prediction(torch.tensor([1.0, bad, 0.0]), ("a", "b", "c"), 0.0)
    assert not prediction.finite


def test_ten_threads_with_ten_pictures_on_one_network() -> None:
    network = build(SPEC)
    pictures = [
        torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(seed))
        for seed in range(10)
    ]
    alone = [predict(network, x, NAMES).logits for x in pictures]
    assert len({tuple(logits.tolist()) for logits in alone}) == 10
    wrong: list[int] = []

    def visit(index: int) -> None:
        for _ in range(20):
            if not torch.equal(predict(network, pictures[index], NAMES).logits, alone[index]):
                wrong.append(index)

    threads = [threading.Thread(target=visit, args=(index,)) for index in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_which_weights_there_are() -> None:
    assert next(iter(setups("resnet20", preset("resnet20")))) == "on_board"
    assert list(setups("resnet50", preset("resnet50"))) == [
        "torchvision_v2",
        "torchvision_v1",
        "file",
        "untrained",
    ]
    assert list(setups(None, preset("resnet50"))) == ["file", "untrained"]
    v2, v1 = list(setups("resnet50", preset("resnet50")).values())[:2]
    assert (v2.recipe.resize, v1.recipe.resize, v1.recipe.crop) == (232, 256, 224)


def test_class_names_by_their_number() -> None:
    assert class_names(preset("resnet18"))[281] == "tabby"
    assert class_names(preset("resnet20"))[3] == "cat"
    seven = NetworkSpec("basic", (1,), (8,), num_classes=7)
    assert class_names(seven) == tuple(f"class {index}" for index in range(7))
    assert usual_recipe(seven).crop == 224 and usual_recipe(preset("plain20")).crop == 32
