"""Short real trainings: they learn, they repeat, they can be taken apart."""

import pytest
import torch

from explorer.architecture import blueprint, preset
from explorer.experiments import cifar10, degradation, training_data
from explorer.experiments.degradation import DeletionOrder, TrainingRecipe, delete_each_block
from explorer.experiments.gratings import gratings
from explorer.experiments.jobs import Cancelled, Reporter
from explorer.networks import Device
from tests.cifar10_folder import write_parquet


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    recipe = TrainingRecipe(8, "padding", steps=120)
    folder = tmp_path_factory.mktemp("run")
    return recipe, degradation.train(recipe, Reporter(folder)), folder


def test_gratings_repeat_and_differ_by_seed():
    one, again, other = gratings(50, 3), gratings(50, 3), gratings(50, 4)
    assert torch.equal(one.images, again.images)
    assert not torch.equal(one.images, other.images)
    assert one.images.shape == (50, 1, 12, 12)
    assert set(gratings(500, 0).labels.tolist()) == set(range(10))


def test_gratings_are_what_they_say():
    """Without noise, a grating is constant along its own orientation."""
    data = gratings(4_000, 1)
    upright = data.images[data.labels == 0].mean((0, 1))
    assert upright.std(0).mean() < 0.2  # random phases: the mean is noise around zero
    rows = data.images[data.labels == 0, 0]
    along, across = rows.mean(1).var(), rows.mean(2).var()
    assert along > 4 * across


def test_training_learns(short):
    _, result, _ = short
    assert result.test_accuracy > 0.6
    assert not result.diverged


def test_the_same_seed_gives_the_same_curve(short, tmp_path):
    recipe, result, folder = short
    again = degradation.train(recipe, Reporter(tmp_path))
    assert again.train_loss == result.train_loss
    curves = [(f / "progress.jsonl").read_text() for f in (folder, tmp_path)]
    assert curves[0] == curves[1]


def test_the_saved_weights_are_the_trained_network(short):
    recipe, result, _ = short
    network = degradation.trained(recipe, result.weights)
    assert degradation.held_out_accuracy(network) == result.test_accuracy


def test_deleting_blocks(short, tmp_path):
    recipe, result, _ = short
    found = delete_each_block(DeletionOrder(recipe, result.weights), Reporter(tmp_path))
    assert found.whole == result.test_accuracy
    assert len(found.after) == sum(recipe.spec.depths)
    assert all(value is not None for value in found.after)
    assert min(found.after) < found.whole
    (tmp_path / "cancel").touch()
    with pytest.raises(Cancelled):
        delete_each_block(DeletionOrder(recipe, result.weights), Reporter(tmp_path))


def test_plain_blocks_that_change_the_shape_stay(tmp_path):
    recipe = TrainingRecipe(14, "none", steps=10)
    result = degradation.train(recipe, Reporter(tmp_path))
    after = delete_each_block(DeletionOrder(recipe, result.weights), Reporter(tmp_path)).after
    blocks = blueprint(recipe.spec, 12).blocks
    changes = [block.in_shape != block.out_shape for block in blocks]
    assert [value is None for value in after] == changes


def test_cancel_is_noticed_at_the_next_step(tmp_path):
    (tmp_path / "cancel").touch()
    with pytest.raises(Cancelled):
        degradation.train(TrainingRecipe(8, "none"), Reporter(tmp_path))


def test_a_diverging_run_stops_and_says_so(tmp_path, monkeypatch):
    recipe = TrainingRecipe(110, "padding", batch_norm=False, rate=1.0, steps=60)
    batches = []
    batch = training_data.TrainingData.batch

    def counted(self, *arguments):
        batches.append(1)
        return batch(self, *arguments)

    monkeypatch.setattr(training_data.TrainingData, "batch", counted)
    result = degradation.train(recipe, Reporter(tmp_path))
    assert result.diverged
    last = Reporter(tmp_path).points()[-1]
    assert (last["step"], last["loss"]) == (len(batches), None)


@pytest.fixture
def photographs(tmp_path, monkeypatch):
    monkeypatch.setenv(cifar10.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(training_data, "_kept", [])
    training_data.held_out_set.cache_clear()
    yield tmp_path
    training_data.held_out_set.cache_clear()


def test_photographs_train_the_papers_network(photographs):
    write_parquet(photographs)
    papers = TrainingRecipe(20, "padding", "cifar10")
    assert papers.title == "ResNet-20, CIFAR-10, rate 0.1, seed 0"
    expected = blueprint(preset("resnet20"), 32).params
    assert blueprint(papers.spec, papers.image_size).params == expected
    recipe = TrainingRecipe(8, "padding", "cifar10", steps=70)
    folder = photographs / "run"
    folder.mkdir()
    result = degradation.train(recipe, Reporter(folder))
    assert result.test_accuracy > 0.5
    found = delete_each_block(DeletionOrder(recipe, result.weights), Reporter(folder))
    assert found.whole == result.test_accuracy
    assert len(found.after) == 3


def test_the_rate_warms_up_and_is_divided_by_ten_for_the_last_quarter(tmp_path, monkeypatch):
    used = []

    class Watched(torch.optim.SGD):
        def step(self):
            used.append(self.param_groups[0]["lr"])
            super().step()

    monkeypatch.setattr(torch.optim, "SGD", Watched)
    degradation.train(TrainingRecipe(8, "padding", steps=80, rate=0.2), Reporter(tmp_path))
    assert len(used) == 80
    assert used[:50] == pytest.approx([0.2 * (step + 1) / 50 for step in range(50)])
    assert used[50:60] == pytest.approx([0.2] * 10)
    assert used[61:] == pytest.approx([0.02] * 19)


def test_points_name_the_steps_that_were_done(short):
    recipe, _, folder = short
    points = Reporter(folder).points()
    assert [point["step"] for point in points] == list(range(10, recipe.steps + 1, 10))
    assert all(recipe.accepts(point) for point in points)


def test_without_photographs_the_run_says_so(photographs):
    with pytest.raises(cifar10.PhotographsError, match="CIFAR-10 is not on"):
        degradation.train(TrainingRecipe(8, "none", "cifar10"), Reporter(photographs))


def test_cancel_while_the_photographs_are_read(photographs):
    write_parquet(photographs)
    (photographs / "cancel").touch()
    with pytest.raises(Cancelled):
        degradation.train(TrainingRecipe(8, "none", "cifar10"), Reporter(photographs))


@pytest.mark.parametrize(
    "wrong",
    [
        {"pictures": "cats"},
        {"depth": 21},
        {"depth": 116},
        {"steps": 0},
        {"steps": 9_999},
        {"rate": 0.0},
    ],
)
def test_bad_recipes(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TrainingRecipe(**{"depth": 20, "shortcut": "none", **wrong})


def test_the_device_is_found_where_the_training_runs(tmp_path, monkeypatch):
    """An app without a GPU must not send its workers "cpu", nor theirs its own."""
    asked = []

    def device_for(wanted):
        asked.append(wanted)
        return Device("cpu", "the worker's", None)

    monkeypatch.setattr(degradation, "device_for", device_for)
    recipe = TrainingRecipe(8, "padding", steps=10, device="auto")
    assert degradation.train(recipe, Reporter(tmp_path)).test_accuracy >= 0
    assert asked == ["auto"]


def test_a_device_that_the_worker_does_not_have(tmp_path):
    with pytest.raises(ValueError, match="device='tpu' is not on this machine"):
        degradation.train(TrainingRecipe(8, "padding", device="tpu"), Reporter(tmp_path))


def test_weights_that_are_gone_are_said(tmp_path):
    order = DeletionOrder(TrainingRecipe(8, "padding"), tmp_path / "gone")
    with pytest.raises(ValueError, match="no longer kept; train it again"):
        delete_each_block(order, Reporter(tmp_path))
