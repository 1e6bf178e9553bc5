"""What is said of torchvision's weights, against torchvision itself."""

import hashlib
from pathlib import Path

import pytest

from explorer.architecture import PRESETS, TORCHVISION
from explorer.networks.published_weights import imagenet_classes, is_intact, published_weights
from explorer.networks.torchvision_import import torchvision


@pytest.mark.parametrize("name", TORCHVISION)
def test_every_torchvision_network_has_weights(name: str) -> None:
    for ours in published_weights(name):
        theirs = torchvision.models.get_model_weights(name)[f"IMAGENET1K_{ours.name}"]
        assert ours.url == theirs.url
        assert ours.bytes == pytest.approx(theirs.meta["_file_size"] * 2**20, abs=1)
        assert ours.top1 == theirs.meta["_metrics"]["ImageNet-1K"]["acc@1"]
        assert ours.path.name == theirs.url.rsplit("/", 1)[1]
        assert len(ours.sha256_prefix) == 8 and int(ours.sha256_prefix, 16) >= 0
        assert list(imagenet_classes()) == theirs.meta["categories"]
    assert published_weights(name)


@pytest.mark.parametrize("name", sorted(set(PRESETS) - set(TORCHVISION)))
def test_others_have_none(name: str) -> None:
    assert published_weights(name) == ()


def test_is_intact(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    assert not is_intact(path, "00")
    path.write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    assert is_intact(path, digest[:8]) and not is_intact(path, "0" * 8)
