"""The networks and pictures that the app carries are what their cards say."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from PIL import Image

from explorer.architecture import PRESETS, blueprint, preset
from explorer.experiments import cifar10
from explorer.experiments.embedded import FOLDER, FOUR, cards, depth_cards
from explorer.experiments.images import decode
from explorer.experiments.inference import predict
from explorer.experiments.preprocess import CIFAR, prepare
from explorer.experiments.samples import samples
from explorer.experiments.train_embedded.scores import accuracy
from explorer.networks import ResNet
from explorer.networks.weights import load, read_state

TEST_SPLIT = Path(__file__).parents[3] / "shared" / "data" / "cifar10-jpeg" / "test.parquet"
CARDS = sorted(cards())


def network_of(name: str) -> ResNet:
    path = cards()[name].path
    return load(preset(name), read_state(path, path.name))


def shares(network: ResNet, split: cifar10.Split, deleted: Sequence[str]) -> list[float]:
    """Accuracy as it is, and after deleting each of these blocks: on all pictures in one pass.

    Up to the first deleted block all are the same network; 100 pictures at a time stay in the
    processor's cache, which takes three quarters of the time that 500 take.
    """
    network.eval()
    right = [0] * (1 + len(deleted))
    with torch.inference_mode():
        for images, labels in zip(split.images.split(100), split.labels.split(100), strict=True):
            found = answers(network, cifar10.normalise(images), deleted)
            right = [
                so_far + int((logits.argmax(1) == labels).sum())
                for so_far, logits in zip(right, found, strict=True)
            ]
    return [count / len(split.labels) for count in right]


def answers(network: ResNet, x: torch.Tensor, deleted: Sequence[str]) -> list[torch.Tensor]:
    """Logits as they are, and after deleting each of these blocks."""
    for name in network.stem_order:
        x = network.get_submodule(name)(x)
    whole, without = x, {}
    for stage in network.stages:
        for index, block in enumerate(getattr(network, stage)):
            path = f"{stage}.{index}"
            without = {other: block(value) for other, value in without.items()}
            if path in deleted:
                without[path] = block.without_main_branch(whole)
            whole = block(whole)
    return [
        network.fc(network.avgpool(value).flatten(1))
        for value in (whole, *(without[path] for path in deleted))
    ]


@pytest.fixture(scope="module")
def test_split() -> cifar10.Split:
    if not TEST_SPLIT.is_file():
        pytest.skip("CIFAR-10's test images are not beside the project")
    return cifar10.from_parquet(TEST_SPLIT)


def test_resnet20_is_on_board() -> None:
    assert "resnet20" in CARDS
    assert cards()["resnet20"].test_accuracy >= 0.86


@pytest.mark.parametrize("name", CARDS)
def test_card_describes_the_file(name: str) -> None:
    card = cards()[name]
    assert name in PRESETS and card.figures["network"] == name
    assert card.figures["parameters"] == blueprint(preset(name), 32).params
    epochs = card.figures["recipe"]["epochs"]
    assert card.curves["epoch"] == list(range(1, epochs + 1))
    held_out = card.curves["held_out_accuracy"]
    assert max(held_out) == pytest.approx(card.figures["held_out_accuracy"], abs=1e-4)
    assert held_out[card.figures["kept_epoch"] - 1] == max(held_out)
    assert card.path.stat().st_size < 5_000_000


@pytest.mark.parametrize("name", CARDS)
def test_accuracy_and_deletions_are_the_cards(name: str, test_split: cifar10.Split) -> None:
    """As it is, and after the worst, the best and the impossible deletions, recomputed on all
    10,000 images; other kernels may turn a handful of close calls."""
    after = cards()[name].after_deleting
    bp = blueprint(preset(name), 32)
    assert list(after) == [block.path for block in bp.blocks]
    possible = sorted((path for path in after if after[path] is not None), key=after.__getitem__)
    ends = (possible[0], possible[-1])
    whole, *found = shares(network_of(name), test_split, ends)
    assert whole == pytest.approx(cards()[name].test_accuracy, abs=5e-4)
    for path, share in zip(ends, found, strict=True):
        assert share == pytest.approx(after[path], abs=1e-3)
    changes = {block.path for block in bp.blocks if block.in_shape != block.out_shape}
    assert set(after) - set(possible) == (changes if name.startswith("plain") else set())


@pytest.mark.parametrize("name", CARDS)
def test_what_is_computed_in_one_pass_is_what_each_network_says(
    name: str, test_split: cifar10.Split
) -> None:
    """So that the recomputation above and below is that of the network as the app runs it."""
    network = network_of(name)
    few = cifar10.Split(test_split.images[:100], test_split.labels[:100])
    deleted = ("layer1.1", "layer2.2")
    images = cifar10.normalise(few.images)
    with torch.inference_mode():
        each = [network(images, skip) for skip in ((), *((path,) for path in deleted))]
        assert all(map(torch.equal, answers(network, images, deleted), each))
    assert shares(network, few, deleted) == [
        accuracy(network, few, frozenset(skip)) for skip in ((), *((path,) for path in deleted))
    ]
    with pytest.raises(KeyError):
        answers(network, images, ("layer9.0",))


def test_the_plain_network_collapses_and_the_residual_one_does_not() -> None:
    residual, plain = (cards()[name].after_deleting for name in ("resnet20", "plain20"))
    kept = [value for value in residual.values() if value is not None and value > 0.5]
    assert len(kept) > len(residual) / 2
    halving = {"layer2.0", "layer3.0"}  # as the text says: the worst two, unlike with gratings
    assert set(sorted(residual, key=residual.__getitem__)[:2]) == halving
    assert max(value for value in plain.values() if value is not None) < 0.5


def test_the_cat_is_a_cat() -> None:
    image = decode(samples()["cat"].data).image
    found = predict(network_of("resnet20"), prepare(image, CIFAR).tensor, cifar10.CLASSES)
    assert found.best.name == "cat"


def test_every_sample_has_a_picture_and_a_licence() -> None:
    assert len(samples()) >= 8
    for sample in samples().values():
        with Image.open(io.BytesIO(sample.data)) as image:
            assert image.format == "JPEG" and max(image.size) <= 512
        assert sample.licence in ("CC0", "public domain")
        assert sample.author and sample.source and sample.shows
        assert sample.cifar10 in ("", *cifar10.CLASSES)
    kinds = [sample.cifar10 for sample in samples().values()]
    assert kinds.count("") >= 3 and len(set(kinds) - {""}) >= 5
    folder = next(iter(samples().values())).path.parent
    assert {path.stem for path in folder.glob("*.jpg")} == set(samples())
    assert sum(path.stat().st_size for path in folder.glob("*.jpg")) < 1_000_000


def test_only_tensors_are_shipped() -> None:
    assert {path.suffix for path in FOLDER.iterdir() if path.is_file()} <= {
        ".safetensors",
        ".json",
        ".csv",
        ".py",
    }
    assert all(
        value.dtype in (torch.float32, torch.int64)
        for name in CARDS
        for value in network_of(name).state_dict().values()
    )


DEPTH = [name for name, card in depth_cards().items() if card.folder != FOLDER]


@pytest.mark.parametrize("name", DEPTH)
class TestTheFour:
    """The networks of the central figure, where they are on board: what their cards say is so."""

    def test_they_were_trained_alike(self, name: str) -> None:
        assert tuple(depth_cards()) == FOUR
        card = depth_cards()[name]
        assert card.figures["network"] == name
        assert card.figures["parameters"] == blueprint(preset(name), 32).params
        assert card.recipe == depth_cards()["plain20"].recipe
        epochs = card.recipe["epochs"]
        assert card.figures["kept_epoch"] == epochs == card.curves["epoch"][-1]
        held_out = card.curve("held_out_accuracy")
        assert [at for at, _ in held_out] == list(range(1, epochs + 1))
        assert held_out[-1][1] == pytest.approx(card.figures["held_out_accuracy"], abs=1e-4)
        assert card.path.stat().st_size < 2_500_000

    def test_accuracy_and_the_worst_deletion_are_the_cards(
        self, name: str, test_split: cifar10.Split
    ) -> None:
        card = depth_cards()[name]
        network = load(preset(name), read_state(card.path, card.path.name))
        path, share = card.extremes[0]
        whole, without = shares(network, test_split, (path,))
        assert whole == pytest.approx(card.test_accuracy, abs=5e-4)
        assert without == pytest.approx(share, abs=1e-3)
        after = card.after_deleting
        assert list(after) == [block.path for block in blueprint(preset(name), 32).blocks]
