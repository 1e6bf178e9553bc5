"""Which devices there are, and which is best; machines with accelerators are made up."""

from types import SimpleNamespace

import pytest
import torch

from explorer.networks import Device, available_devices, best_device, device_for
from explorer.networks.devices import synchronise


def test_the_cpu_is_always_there_and_last():
    devices = available_devices()
    assert devices[-1].id == "cpu"
    assert len({device.id for device in devices}) == len(devices)
    assert all(
        device.label and (device.memory is None or device.memory > 2**28) for device in devices
    )
    for device in devices:
        assert torch.zeros(1, device=device.id).device.type == device.id.split(":")[0]
    assert best_device() in devices


@pytest.fixture
def no_accelerator(monkeypatch):
    """Also on a machine that has one."""
    for kind in ("cuda", "xpu"):
        monkeypatch.setattr(getattr(torch, kind), "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def with_accelerators(monkeypatch, kind, *memories):
    module = getattr(torch, kind)
    monkeypatch.setattr(module, "is_available", lambda: True)
    monkeypatch.setattr(module, "device_count", lambda: len(memories))
    monkeypatch.setattr(
        module,
        "get_device_properties",
        lambda index: SimpleNamespace(name=f"Card {index}", total_memory=memories[index]),
    )


@pytest.mark.parametrize("kind", ["cuda", "xpu"])
@pytest.mark.usefixtures("no_accelerator")
def test_the_accelerator_with_the_most_memory_is_best(monkeypatch, kind):
    with_accelerators(monkeypatch, kind, 8 * 2**30, 80 * 2**30, 24 * 2**30)
    assert [device.id for device in available_devices()][:3] == [f"{kind}:{i}" for i in range(3)]
    assert best_device().id == f"{kind}:1"
    assert best_device().title == f"{kind.upper()}: Card 1, 80 GiB"


@pytest.mark.usefixtures("no_accelerator")
def test_an_apple_gpu(monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 12 * 2**30)
    assert best_device() == Device("mps", "MPS: Apple GPU", 12 * 2**30)


@pytest.mark.usefixtures("no_accelerator")
def test_the_device_that_was_asked_for(monkeypatch):
    with_accelerators(monkeypatch, "cuda", 8 * 2**30, 16 * 2**30)
    assert device_for("auto").id == "cuda:1"
    assert device_for("cuda").id == "cuda:0"
    assert device_for("cuda:1").id == "cuda:1"
    assert device_for("cpu").id == "cpu"
    for absent in ("mps", "", "c"):
        with pytest.raises(ValueError, match=f"device='{absent}' is not on this machine; it has"):
            device_for(absent)


@pytest.mark.usefixtures("no_accelerator")
def test_without_accelerators_the_cpu_is_best():
    assert [device.id for device in available_devices()] == ["cpu"]
    assert best_device().id == "cpu"
    assert best_device().title.startswith("CPU: ")


def test_memory_that_nobody_tells():
    assert Device("cpu", "CPU", None).title == "CPU"


def test_waiting_for_the_device(monkeypatch):
    waited = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: waited.append("cuda"))
    synchronise(torch.device("cpu"))
    synchronise(torch.device("meta"))
    assert waited == []
    synchronise(torch.device("cuda:0"))
    assert waited == ["cuda"]
