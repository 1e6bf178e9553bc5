"""The command behind the networks on board: it can be stopped, and keeps its recipe."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from explorer.architecture import preset
from explorer.experiments import cifar10
from explorer.experiments.train_embedded import recipe as recipes
from explorer.experiments.train_embedded import train as trainings
from explorer.experiments.train_embedded.recipe import EmbeddedRecipe, paper_recipe
from explorer.experiments.train_embedded.scores import accuracy, deletions
from explorer.networks import build
from tests.cifar10_folder import pictures


class TestTrainEmbedded:
    """The script behind the networks on board, on a few pictures."""

    RECIPE = EmbeddedRecipe(epochs=2, batch=32, peak_rate=0.1)

    @pytest.fixture
    def splits(self, monkeypatch):
        monkeypatch.setattr(recipes, "HELD_OUT", 20)
        # Three narrow blocks tell as much as nine.
        small = replace(preset("resnet20"), depths=(1, 1, 1), widths=(4, 8, 16))
        monkeypatch.setattr(trainings, "preset", lambda name: small)
        found = []
        for count, seed in ((148, 1), (50, 2)):
            images, labels = pictures(count, seed)
            found.append(
                cifar10.Split(
                    torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(),
                    torch.from_numpy(labels),
                )
            )
        return found

    def test_stopped_and_started_again_it_ends_where_it_would_have(
        self, splits, tmp_path, monkeypatch
    ):
        whole = trainings.train("resnet20", *splits, self.RECIPE, tmp_path / "whole")
        one_epoch = trainings.one_epoch

        def stop_in_the_second(*arguments):
            if arguments[-1] == 2:
                raise KeyboardInterrupt
            return one_epoch(*arguments)

        monkeypatch.setattr(trainings, "one_epoch", stop_in_the_second)
        with pytest.raises(KeyboardInterrupt):
            trainings.train("resnet20", *splits, self.RECIPE, tmp_path / "parts")
        monkeypatch.setattr(trainings, "one_epoch", one_epoch)
        parts = trainings.train("resnet20", *splits, self.RECIPE, tmp_path / "parts")
        assert parts == whole
        curves = [(tmp_path / name / "resnet20.csv").read_text() for name in ("whole", "parts")]
        assert curves[0] == curves[1]
        weights = [
            (tmp_path / name / "resnet20.safetensors").read_bytes() for name in ("whole", "parts")
        ]
        assert weights[0] == weights[1]

    def test_a_checkpoint_of_another_recipe_is_not_gone_on_with(self, splits, tmp_path):
        trainings.train("plain20", *splits, EmbeddedRecipe(epochs=1, batch=32), tmp_path)
        with pytest.raises(SystemExit, match="Delete it"):
            trainings.train("plain20", *splits, EmbeddedRecipe(epochs=3, batch=32), tmp_path)

    def test_bfloat16_leaves_weights_of_float32(self, splits, tmp_path):
        recipe = EmbeddedRecipe(epochs=1, batch=32, bfloat16=True)
        figures = trainings.train("resnet20", *splits, recipe, tmp_path)
        assert figures["recipe"]["bfloat16"] is True
        weights = load_file(tmp_path / "resnet20.safetensors")
        assert {value.dtype for value in weights.values()} == {torch.float32, torch.int64}

    def test_while_the_rate_is_flat_another_length_goes_on_with_the_run(self, splits, tmp_path):
        """Begun as a run of eight epochs, ended as one of three: the same as one of three."""
        short = replace(paper_recipe(3, 1), batch=32)
        whole = trainings.train("resnet20", *splits, short, tmp_path / "whole")
        long = replace(paper_recipe(8, 1), batch=32)
        self.interrupted_in(2, long, splits, tmp_path / "cut")
        cut = trainings.train("resnet20", *splits, short, tmp_path / "cut")
        assert cut == whole
        files = [f"resnet20.{kind}" for kind in ("csv", "safetensors")]
        for file in files:
            assert (tmp_path / "whole" / file).read_bytes() == (
                tmp_path / "cut" / file
            ).read_bytes()
        assert whole["kept_epoch"] == 3, "the rate ends at zero: the last epoch is kept"

    def interrupted_in(self, epoch, recipe, splits, folder):
        one_epoch = trainings.one_epoch

        def stop(*arguments):
            if arguments[-1] == epoch:
                raise KeyboardInterrupt
            return one_epoch(*arguments)

        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(trainings, "one_epoch", stop)
            trainings.train("resnet20", *splits, recipe, folder)

    def test_once_the_rate_falls_there_is_no_other_length(self, splits, tmp_path):
        recipe = replace(paper_recipe(3, 2), batch=32)
        self.interrupted_in(3, recipe, splits, tmp_path)
        for epochs, decay in ((4, 2), (3, 1), (8, 4)):
            with pytest.raises(SystemExit, match="Delete it"):
                other = replace(paper_recipe(epochs, decay), batch=32)
                trainings.train("resnet20", *splits, other, tmp_path)

    def test_short_runs_are_told_in_parts_of_epochs(self, splits, tmp_path):
        recipe = replace(paper_recipe(2, 1), batch=16)
        trainings.train("resnet20", *splits, recipe, tmp_path)
        header, *rows = (tmp_path / "resnet20.csv").read_text().split()
        cells = [row.split(",") for row in rows]
        assert [row[0] for row in cells] == ["0.25", "0.5", "0.75", "1", "1.25", "1.5", "1.75", "2"]
        assert [bool(row[3]) for row in cells] == [False, False, False, True] * 2
        assert header.endswith("held_out_accuracy")
        weights = load_file(tmp_path / "resnet20.safetensors")
        halves = {name for name, value in weights.items() if value.dtype == torch.float16}
        assert halves == {name for name, value in weights.items() if value.dim() == 4}


def test_the_rate_warms_up_stays_and_falls_to_zero():
    recipe, steps = paper_recipe(8, 2), 371
    assert recipe.factor(0, steps) == pytest.approx(1 / recipes.WARM_UP)
    assert recipe.factor(199, steps) == recipe.factor(6 * steps, steps) == 1
    assert recipe.factor(7 * steps, steps) == 0.5
    assert recipe.factor(8 * steps, steps) == 0
    assert recipe.peak_rate == 0.1 and recipe.weight_decay == 1e-4, "the paper's, section 4.2"
    assert recipe.batch == 128 and recipe.momentum == 0.9 and not recipe.label_smoothing


@pytest.mark.parametrize("name", ["resnet20", "plain20"])
def test_deletions_are_what_skipping_a_block_gives(name):
    """What lies before the block is computed once; the same numbers as whole passes."""
    images, labels = pictures(30, 7)
    data = cifar10.Split(
        torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels)
    )
    network = build(preset(name), seed=2)
    found = deletions(network, data, batch=20)
    for path, share in found.items():
        if share is None:
            assert name == "plain20" and path in ("layer2.0", "layer3.0")
        else:
            expected = accuracy(network, data, frozenset({path}))
            assert share == pytest.approx(expected, abs=1e-4)


def test_what_is_held_out_is_not_learnt_from():
    learnt, held = recipes.learnt_from(50_000, 0), recipes.held_out(50_000, 0)
    assert len(held) == recipes.HELD_OUT
    assert sorted([*learnt.tolist(), *held.tolist()]) == list(range(50_000))
