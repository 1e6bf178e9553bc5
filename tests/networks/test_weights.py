"""State dicts from files: what is read, what is refused, and how differences are told."""

import io
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from torch import nn

from explorer.architecture import NetworkSpec, preset
from explorer.networks import build
from explorer.networks.torchvision_import import torchvision
from explorer.networks.weights import (
    WeightsError,
    differences,
    load,
    read_state,
)

SPEC = NetworkSpec("basic", (1, 1), (8, 16), stem="cifar", shortcut="padding", num_classes=10)


@pytest.fixture(scope="module")
def network():
    return build(SPEC, seed=3)


def pickled(value: object, **options) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def same_answers(one: nn.Module, other: nn.Module) -> bool:
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        return torch.allclose(one(x), other(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 7},
        lambda state: {"model": {f"module.{key}": value for key, value in state.items()}},
        lambda state: {f"_orig_mod.module.{key}": value for key, value in state.items()},
        lambda state: {"model_state_dict": state, "optimizer": {"lr": 0.1}},
        lambda state: {key.replace("fc.", "linear."): value for key, value in state.items()},
    ],
)
def test_wrappers_and_prefixes(network, wrap) -> None:
    state = read_state(pickled(wrap(network.state_dict())), "net.pth")
    assert differences(SPEC, state).fits
    assert same_answers(load(SPEC, state), network)


def test_safetensors_and_the_old_pickle_format(network) -> None:
    for data, name in (
        (save(network.state_dict()), "net.safetensors"),
        (pickled(network.state_dict(), _use_new_zipfile_serialization=False), "net.pt"),
    ):
        assert same_answers(load(SPEC, read_state(data, name)), network)


def test_from_a_path(network, tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    path.write_bytes(pickled(network.state_dict()))
    assert same_answers(load(SPEC, read_state(path, path.name)), network)


def test_half_precision_and_missing_counters(network) -> None:
    state = {
        key: value.half() if value.is_floating_point() else value
        for key, value in network.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }
    loaded = load(SPEC, read_state(pickled(state), "net.pth"))
    assert loaded.fc.weight.dtype == torch.float32
    assert not loaded.training and loaded.fc.weight.requires_grad


def test_a_loaded_network_shares_nothing_with_the_file(network) -> None:
    state = {key: value.clone() for key, value in network.state_dict().items()}
    loaded = load(SPEC, state)
    state["fc.weight"].zero_()
    assert same_answers(loaded, network)


class Malicious:
    def __init__(self, flag: Path) -> None:
        self.flag = flag

    def __reduce__(self):
        return Path.touch, (self.flag,)


class Holder:
    """An object that is no module of torch."""

    weight: torch.Tensor


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_file_is_never_run(tmp_path: Path, zipped: bool) -> None:
    flag = tmp_path / "ran"
    data = pickled({"x": Malicious(flag)}, _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsError, match="not opened"):
        read_state(data, "net.pth")
    assert not flag.exists()
    torch.load(io.BytesIO(data), weights_only=False)
    assert flag.exists(), "the test's file is harmless, so it proves nothing"


def test_bare_pickles_are_never_run(tmp_path: Path) -> None:
    flag = tmp_path / "ran"
    with pytest.raises(WeightsError):
        read_state(pickle.dumps(Malicious(flag)), "net.pth")
    assert not flag.exists()


def test_tensors_inside_of_objects_are_refused_with_advice() -> None:
    """Of whole models, tests/networks/test_whole_models.py."""
    holder = Holder()
    holder.weight = torch.ones(2)
    with pytest.raises(WeightsError, match=r"save model\.state_dict\(\)"):
        read_state(pickled(holder), "net.pt")


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"hello", "net.pth", "damaged"),
        (b"hello", "net.safetensors", "damaged"),
        (b"", "net.pt", "damaged"),
        (b"hello", "net.h5", "must end in .pth"),
        (pickled([1, 2]), "net.pth", "holds no state dict"),
        (pickled({"a": 1}), "net.pth", "no tensors"),
    ],
)
def test_other_files(data: bytes, name: str, words: str) -> None:
    with pytest.raises(WeightsError, match=words):
        read_state(data, name)


def test_truncated_file(network) -> None:
    for data, name in (
        (pickled(network.state_dict()), "net.pth"),
        (save(network.state_dict()), "net.safetensors"),
    ):
        with pytest.raises(WeightsError, match="damaged"):
            read_state(data[: len(data) // 2], name)


def test_compressed_archives_are_refused() -> None:
    """Ten kilobytes could otherwise unfold to ten gigabytes."""
    original = pickled({"x": torch.zeros(1_000_000)})
    small = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(original)) as source,
        zipfile.ZipFile(small, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            target.writestr(entry.filename, source.read(entry))
    assert len(small.getvalue()) < len(original) / 100
    with pytest.raises(WeightsError, match="compressed archive"):
        read_state(small.getvalue(), "net.pth")


def test_sparse_tensors_are_refused(network) -> None:
    state = dict(network.state_dict())
    state["fc.weight"] = state["fc.weight"].to_sparse()
    with pytest.raises(WeightsError, match="dense"):
        load(SPEC, state)


def test_differences_are_told_apart(network) -> None:
    state = dict(network.state_dict())
    del state["conv1.weight"]
    state["extra.weight"] = torch.zeros(1)
    state["fc.weight"] = torch.zeros(7, 16)
    found = differences(SPEC, state)
    assert found.missing == ("conv1.weight",)
    assert found.unexpected == ("extra.weight",)
    assert [(row.key, row.found, row.wanted) for row in found.misshapen] == [
        ("fc.weight", (7, 16), (10, 16))
    ]
    assert str(found) == "1 missing, 1 unexpected, 1 of another shape"
    with pytest.raises(WeightsError, match="1 missing, 1 unexpected"):
        load(SPEC, state)


def test_torchvisions_own_state_dict() -> None:
    theirs = torchvision.models.resnet18(weights=None).eval()
    ours = load(preset("resnet18"), read_state(pickled(theirs.state_dict()), "resnet18.pth"))
    assert same_answers(ours, theirs)


@pytest.mark.parametrize("data", [b"nonsense", b"", b"\x80", b"PK\x03\x04", b"<html>" * 99])
def test_what_is_no_pytorch_file_is_called_so(data: bytes) -> None:
    """Not a file that 'could run code': a student would go looking for a virus."""
    with pytest.raises(WeightsError, match="damaged or no PyTorch file"):
        read_state(data, "junk.pth")
