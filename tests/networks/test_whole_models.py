"""Files of torch.save(model): their tensors are read, their programs are not."""

import io
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from explorer.networks.recognise import recognise
from explorer.networks.weights import WeightsError, load, read_tensors
from tests.networks.authors import bottleneck_names, layered, plain_names, torchvision

SIZES = (16, 32, 64, 128)


def saved(value: object, zipped: bool = True) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=zipped)
    return buffer.getvalue()


def lived_in(network: nn.Module, eps: float = 1e-5) -> nn.Module:
    torch.manual_seed(3)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = eps
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.running_mean, 0, 0.1)
            nn.init.uniform_(layer.running_var, 0.5, 1.5)
    return network.eval()


class Learner:
    """As fastai's: an object that holds the model, and is no module itself."""

    def __init__(self, model: nn.Module) -> None:
        self.model, self.lr = model, 1e-3


WRAPPERS = {
    "alone": lambda net: net,
    "on many devices": nn.DataParallel,
    "in a dict": lambda net: {"epoch": 3, "model": net, "optimizer": None},
    "in an object": Learner,
    "in modules": lambda net: nn.Sequential(nn.Identity(), net),
}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_whole_model_answers_as_itself(wrapper: str, zipped: bool) -> None:
    network = lived_in(layered(plain_names("shortcut"), SIZES, (2, 1, 2, 1)))
    found = recognise(saved(WRAPPERS[wrapper](network), zipped), "model.pth")
    assert "whole model" in [title for title, _ in found.notes]
    x = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        ours = load(found.spec, found.tensors)(x)
        assert torch.allclose(ours, network(x), atol=1e-4)


@pytest.mark.parametrize("stride_on", [1, 2])
def test_a_whole_model_says_its_eps_and_where_its_strides_sit(stride_on: int) -> None:
    network = lived_in(torchvision(10, "bottleneck", stride_on), eps=1e-3)
    found = recognise(saved(network), "model.pth")
    assert found.spec.norm_eps == 1e-3
    assert found.spec.stride_on == ("1x1" if stride_on == 1 else "3x3")
    assert [one.spec for one in found.readings] == [found.spec]
    # A state dict says neither.
    told = recognise(saved(network.state_dict()), "state.pth")
    assert {one.spec.stride_on for one in told.readings} == {"1x1", "3x3"}


def test_a_stem_that_halves_is_told_from_one_that_does_not() -> None:
    unit = bottleneck_names("shortcut", 2)
    for stride, stem in ((1, {"cifar", "3x3_pool"}), (2, {"3x3_stride2"})):
        first = nn.Conv2d(3, 16, 3, stride, 1, bias=False)
        network = lived_in(layered(unit, SIZES, (1, 1, 1, 1), expansion=4, stem=first))
        found = recognise(saved(network), "model.pth")
        assert {one.spec.stem for one in found.readings} == stem
        assert found.spec == found.readings[0].spec


def test_nothing_is_imported_and_no_class_is_looked_up(monkeypatch) -> None:
    """The class of the model is of a module that is gone when the file is read."""
    module = types.ModuleType("gone_from_here")
    kind = type("Net", (nn.Sequential,), {"__module__": "gone_from_here"})
    module.Net = kind  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gone_from_here", module)
    data = saved(kind(*layered(plain_names("shortcut"), SIZES, (1, 1, 1, 1)).children()))
    monkeypatch.delitem(sys.modules, "gone_from_here")
    found = recognise(data, "model.pth")
    assert ("whole model", {"kind": "gone_from_here.Net"}) in found.notes
    assert "gone_from_here" not in sys.modules


class Trap:
    def __init__(self, flag: Path) -> None:
        self.flag = flag

    def __reduce__(self) -> Any:
        return Path.touch, (self.flag,)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_trap_inside_of_a_model_does_not_spring(tmp_path: Path, zipped: bool) -> None:
    network = layered(plain_names("shortcut"), SIZES, (1, 1, 1, 1))
    network.trap = Trap(tmp_path / "ran")  # type: ignore[assignment]
    data = saved(network, zipped)
    recognise(data, "model.pth")
    assert not (tmp_path / "ran").exists()
    torch.load(io.BytesIO(data), weights_only=False)
    assert (tmp_path / "ran").exists(), "the test's file is harmless, so it proves nothing"


def test_a_model_that_asks_for_the_system_is_refused(monkeypatch) -> None:
    class Shell:
        def __reduce__(self) -> Any:
            import os

            return os.getcwd, ()

    network = nn.Sequential(nn.Conv2d(3, 4, 3))
    network.shell = Shell()  # type: ignore[assignment]
    with pytest.raises(WeightsError, match=r"getcwd"):
        read_tensors(saved(network), "model.pth")


def test_buffers_that_no_state_dict_has_are_left_out() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3))
    network.register_buffer("grid", torch.ones(7), persistent=False)
    network.register_buffer("kept", torch.ones(5))
    names = [found.name for found in read_tensors(saved(network), "model.pth").tensors]
    assert names == list(network.state_dict())


def test_facts_that_are_no_numbers_are_no_facts() -> None:
    network = lived_in(torchvision(10))
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = [1e-5]  # type: ignore[assignment]
        if isinstance(layer, nn.Conv2d):
            layer.stride = ((2, 2), "two")
    found = recognise(saved(network), "model.pth")
    assert found.spec.norm_eps == 1e-5 and len(found.readings) == 2
