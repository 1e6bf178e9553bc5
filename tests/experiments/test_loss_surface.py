"""The loss around a network: what a direction is, what a step along it does, what cards keep."""

import json
from dataclasses import replace
from math import isclose, log
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from explorer.architecture import preset
from explorer.experiments import cifar10, compute_surfaces
from explorer.experiments.compute_surfaces import SEEDS, pictures_of
from explorer.experiments.embedded import depth_cards, surfaces
from explorer.experiments.loss_surface import along_a_line, direction, known_pictures, losses
from explorer.experiments.surface import GUESSING, Surface, line
from explorer.networks import ResNet, build
from explorer.networks.weights import load, read_state
from tests.cifar10_folder import pictures, write_parquet

TRAIN_SPLIT = Path(__file__).parents[3] / "shared" / "data" / "cifar10-jpeg" / "train.parquet"
SMALL = replace(preset("resnet20"), depths=(1, 1, 1), widths=(4, 8, 16))


@pytest.fixture
def network() -> ResNet:
    """Small, with averages and weights of batch norm that a training could have left."""
    made = build(SMALL, seed=3).eval()
    generator = torch.Generator().manual_seed(4)
    for name, value in made.state_dict().items():
        if value.dim() == 1 and value.is_floating_point():
            value.add_(0.2 * torch.rand(value.shape, generator=generator))
            assert "var" not in name or (value > 0).all()
    return made


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = pictures(20, 5)
    tensor = torch.from_numpy(images).permute(0, 3, 1, 2)
    return cifar10.normalise(tensor), torch.from_numpy(labels)


def test_every_filter_of_a_direction_is_as_long_as_the_networks(network):
    along = direction(network, 1)
    for name, parameter in network.named_parameters():
        if parameter.dim() <= 1:
            assert name not in along, "biases and batch norm stay"
            continue
        for drawn, own in zip(along[name], parameter, strict=True):
            assert float(drawn.norm()) == pytest.approx(float(own.detach().norm()), rel=1e-4)
    weights = {name for name in dict(network.named_parameters()) if "conv" in name}
    assert weights | {"fc.weight"} == set(along)


def test_a_seed_draws_one_direction(network):
    one, same, other = (direction(network, seed) for seed in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    cosine = functional.cosine_similarity(
        torch.cat([one[name].flatten() for name in one]),
        torch.cat([other[name].flatten() for name in one]),
        dim=0,
    )
    assert abs(cosine) < 0.1, "two random directions of thousands are at a right angle"


def test_the_loss_at_a_place_is_that_of_the_moved_network(network, batch):
    images, labels = batch
    directions = [direction(network, seed) for seed in (1, 2)]
    places = [(0.0, 0.0), (0.5, -0.25), (-1.0, 1.0), (0.0, 0.0)]
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found = list(losses(network, directions, places, images, labels))
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    for (right, up), loss in zip(places, found, strict=True):
        state = dict(before)
        for name in directions[0]:
            state[name] = before[name] + right * directions[0][name] + up * directions[1][name]
        moved = build(SMALL, seed=9).eval()
        moved.load_state_dict(state)
        with torch.no_grad():
            expected = functional.cross_entropy(moved(images), labels)
        assert loss == pytest.approx(float(expected), rel=1e-4)
    assert found[0] == found[-1] != found[1]


def test_a_network_that_is_being_trained_has_the_losses_of_eval_mode(network, batch):
    expected = list(losses(network, [], [()], *batch))
    assert list(losses(network.train(), [], [()], *batch)) == expected
    assert all(module.training for module in network.modules()), "it goes on as it was"


def test_a_rescaled_network_has_the_same_surface(network, batch):
    """Ten times the weights before batch norm, with its averages moved along: the same function,
    and by the scaling of directions the same losses around it."""
    images, labels = batch
    state = network.state_dict()
    larger = build(SMALL, seed=3).eval()
    changed = {name: value.clone() for name, value in state.items()}
    for conv, norm in (("layer1.0.conv1", "layer1.0.bn1"), ("layer2.0.conv2", "layer2.0.bn2")):
        changed[f"{conv}.weight"] *= 10
        changed[f"{norm}.running_mean"] *= 10
        changed[f"{norm}.running_var"] *= 100
    larger.load_state_dict(changed)
    steps = line(5)
    one, other = (along_a_line(which, 6, steps, images, labels) for which in (network, larger))
    assert one == pytest.approx(other, rel=1e-2)
    # Without the scaling the larger network would seem flatter than it is.
    small_step = {name: value / 10 for name, value in direction(larger, 6).items()}
    flat = list(losses(larger, [small_step], [(step,) for step in steps], images, labels))
    assert abs(flat[0] - flat[2]) < abs(one[0] - one[2]) / 2


def test_steps_have_the_centre_among_them():
    assert line(5) == (-1.0, -0.5, 0.0, 0.5, 1.0)
    assert line(3, 0.5) == (-0.5, 0.0, 0.5)
    assert isclose(GUESSING, log(10))


class TestSurface:
    BOWL = tuple(tuple(float(x * x + y * y) for x in line(5)) for y in line(5))

    def test_a_bowl(self):
        bowl = Surface("a", 1.0, 1, (1, 2), self.BOWL)
        assert bowl.centre == 0 and bowl.hollows == 1
        assert bowl.steps == line(5)
        inside = sum(x * x + y * y < 0.6 for x in line(5) for y in line(5))
        assert bowl.share_below(0.6) == inside / 25 == 9 / 25

    def test_two_hollows_and_no_number(self):
        rows = [[9.0] * 7 for _ in range(5)]
        rows[1][1] = rows[3][4] = 1.0
        rows[1][2] = None
        land = Surface("a", 1.0, 1, (1, 2), tuple(map(tuple, rows)))
        assert land.hollows == 2
        assert land.share_below(10) == 34 / 35

    def test_a_plain_has_none(self):
        rows = ((1.0,) * 5,) * 5
        assert Surface("a", 1.0, 1, (1, 2), rows).hollows == 0


def test_stopped_and_started_again_a_surface_is_the_same(tmp_path, monkeypatch):
    from safetensors.torch import save_file

    monkeypatch.setattr(compute_surfaces, "preset", lambda name: SMALL)
    monkeypatch.setattr(compute_surfaces, "PICTURES", 10)
    monkeypatch.setattr("explorer.experiments.train_embedded.recipe.HELD_OUT", 20)
    train_set = cifar10.from_parquet(write_parquet(tmp_path, 60, 10) / "train.parquet")
    save_file(build(SMALL, seed=3).state_dict(), tmp_path / "resnet20.safetensors")
    (tmp_path / "resnet20.json").write_text(json.dumps({"recipe": {"seed": 0}}))
    whole = compute_surfaces.compute("resnet20", tmp_path, train_set, 3, bfloat16=False)
    kept = (tmp_path / "resnet20.surface.json").read_text()
    assert json.loads(kept) == json.loads(json.dumps(whole))
    real, asked = compute_surfaces.losses, []

    def stop_in_the_second(*arguments):
        asked.append(arguments)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(compute_surfaces, "losses", stop_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        compute_surfaces.compute("resnet20", tmp_path, train_set, 3, bfloat16=False)
    compute_surfaces.compute("resnet20", tmp_path, train_set, 3, bfloat16=False)
    assert len(asked) == 4, "one row, the interruption, and the two rows that were missing"
    assert (tmp_path / "resnet20.surface.json").read_text() == kept
    assert not (tmp_path / "resnet20.surface.part").exists()


def test_samples_stand_in_where_there_are_no_photographs(tmp_path, monkeypatch):
    monkeypatch.setenv(cifar10.FOLDER_VARIABLE, str(tmp_path))
    samples = known_pictures(50)
    assert not samples.training and len(samples.labels) >= 5
    write_parquet(tmp_path, 60, 10)
    photographs = known_pictures(50)
    assert photographs.training and photographs.images.shape == (50, 3, 32, 32)


@pytest.fixture(scope="module")
def train_split() -> cifar10.Split:
    """50,000 photographs, which take seconds to decode: once for all networks."""
    if not TRAIN_SPLIT.is_file():
        pytest.skip("CIFAR-10's training images are not beside the project")
    return cifar10.from_parquet(TRAIN_SPLIT)


@pytest.mark.parametrize("name", sorted(surfaces()))
class TestOnBoard:
    def test_it_is_fine_enough_and_on_one_scale(self, name):
        surface = surfaces()[name]
        assert surface.network == name and surface.pictures == 500
        assert len(surface.rows) >= 31 and {len(row) for row in surface.rows} == {len(surface.rows)}
        assert surface.reach == 1 and surface.seeds == SEEDS
        assert set(surfaces()) == set(depth_cards()), "all that are compared have one"

    def test_its_places_are_the_networks_losses(self, name, train_split):
        """In the middle the network's own loss on these 500 training pictures; and elsewhere."""
        surface, card = surfaces()[name], depth_cards()[name]
        network = load(preset(name), read_state(card.path, card.path.name)).eval()
        images, labels = pictures_of(card.recipe, train_split)
        assert len(labels) == 500
        with torch.no_grad():
            own = float(functional.cross_entropy(network(images), labels))
        assert surface.centre == pytest.approx(own, rel=0.02), "computed in bfloat16"
        directions = [direction(network, seed) for seed in surface.seeds]
        row, column = 9, 20
        place = (surface.steps[column], surface.steps[row])
        (there,) = losses(network, directions, [place], images, labels)
        assert surface.rows[row][column] == pytest.approx(there, rel=0.03)
