"""CIFAR-10 from wherever it lies, and what is done to its pictures before they are learnt."""

import io
import tarfile
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import torch
from PIL import Image

from explorer.architecture import preset
from explorer.experiments import cifar10, train_embedded, training_data
from explorer.experiments.cifar10 import PhotographsError
from explorer.experiments.train_embedded import EmbeddedRecipe, paper_recipe
from explorer.networks import build
from explorer.networks.torchvision_import import torchvision
from tests.cifar10_folder import pictures, write_batches, write_parquet


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv(cifar10.FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def test_parquet(here):
    write_parquet(here, train=30, test=10)
    assert cifar10.present()
    images, labels = pictures(30, 1)
    split = cifar10.load(train=True)
    assert torch.equal(split.images, torch.from_numpy(images).permute(0, 3, 1, 2))
    assert split.labels.tolist() == labels.tolist()
    few = cifar10.load(train=False, limit=4)
    assert few.images.shape == (4, 3, 32, 32)
    assert few.labels.tolist() == sorted(few.labels.tolist()), "in the file's order"
    assert few.labels.tolist() == cifar10.load(train=False, limit=4).labels.tolist()


def test_torchvisions_folder(here, monkeypatch):
    """The published checksums are of the published pictures; these are others."""
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "_check_integrity", lambda self: True)
    monkeypatch.setitem(torchvision.datasets.CIFAR10.meta, "md5", None)
    assert not cifar10.present()
    write_batches(here)
    assert cifar10.present()
    split = cifar10.load(train=True)
    assert split.images.shape == (100, 3, 32, 32)
    assert split.images.dtype == torch.uint8
    first, _ = pictures(20, 0)
    assert torch.equal(split.images[:20], torch.from_numpy(first).permute(0, 3, 1, 2))
    assert len(cifar10.load(train=False, limit=7).labels) == 7


def test_an_altered_folder_is_refused_without_asking_the_internet(here, monkeypatch):
    """The pictures of this test are not the published ones, and the archive is no archive."""

    def no_internet(*arguments, **options):
        raise AssertionError("it asked the internet")

    monkeypatch.setattr("urllib.request.urlopen", no_internet)
    write_batches(here)
    with pytest.raises(PhotographsError, match="incomplete or altered"):
        cifar10.load(train=True)
    cifar10.archive().path.write_bytes(b"no archive")
    with pytest.raises(PhotographsError, match="incomplete or altered"):
        cifar10.load(train=True)


def test_the_archive_is_unpacked(here, tmp_path_factory, monkeypatch):
    made = write_batches(tmp_path_factory.mktemp("made"))
    with tarfile.open(cifar10.archive().path, "w:gz") as file:
        file.add(made / "cifar-10-batches-py", "cifar-10-batches-py")
    whole = torchvision.datasets.CIFAR10
    complete = lambda self: (here / "cifar-10-batches-py").is_dir()  # noqa: E731
    monkeypatch.setattr(whole, "_check_integrity", complete)
    monkeypatch.setitem(whole.meta, "md5", None)
    assert cifar10.present()
    assert cifar10.load(train=False).labels.tolist() == [*range(10), *range(10)]


def test_without_pictures_the_sentence_says_what_it_looked_for_and_no_path(here):
    assert not cifar10.present()
    with pytest.raises(PhotographsError, match="CIFAR-10 is not on this machine"):
        cifar10.load(train=True)
    with pytest.raises(PhotographsError) as caught:
        cifar10.load(train=True)
    assert str(here) not in str(caught.value)


def test_hugging_faces_layout(here):
    """`img`, a struct of the bytes and a path."""
    write_parquet(here, 30, 10)
    expected = cifar10.load(train=False)
    for name in ("train", "test"):
        table = parquet.read_table(here / f"{name}.parquet")
        cells = [{"bytes": value, "path": None} for value in table.column("image").to_pylist()]
        parquet.write_table(
            pa.table({"img": cells, "label": table.column("label")}), here / f"{name}.parquet"
        )
    found = cifar10.load(train=False)
    assert torch.equal(found.images, expected.images)
    assert torch.equal(found.labels, expected.labels)


def a_png(size=32):
    buffer = io.BytesIO()
    Image.new("RGB", (size, size)).save(buffer, "PNG")
    return buffer.getvalue()


DEFECTS = {
    "damaged or no parquet": b"PAR1 is how it begins",
    "has the columns picture and label": pa.table({"picture": [a_png()], "label": [1]}),
    "has the columns image": pa.table({"image": [a_png()]}),
    "has no rows": pa.table(
        {"image": pa.array([], pa.binary()), "label": pa.array([], pa.int64())}
    ),
    "no picture of 32 × 32 pixels": pa.table({"image": [b"no picture"], "label": [1]}),
    "no picture of 32 × 32 pixels, JPEG": pa.table({"image": [a_png(33)], "label": [1]}),
    "PNG, in row 0": pa.table({"image": [{"path": "x"}], "label": [1]}),
    "PNG, in row 1": pa.table({"image": [a_png(), None], "label": [1, 1]}),
    "or PNG, in row 0": pa.table({"image": ["text"], "label": [1]}),
    "no label from 0 to 9 in row 0": pa.table({"image": [a_png()], "label": [10]}),
    "no label from 0 to 9": pa.table({"image": [a_png()], "label": ["cat"]}),
    "no label from 0": pa.table({"image": [a_png()], "label": pa.array([None], pa.int64())}),
}


@pytest.mark.parametrize("words", DEFECTS)
def test_each_defect_of_a_file_is_a_sentence(here, words):
    write_parquet(here, 10, 10)
    defect = DEFECTS[words]
    if isinstance(defect, bytes):
        (here / "test.parquet").write_bytes(defect)
    else:
        parquet.write_table(defect, here / "test.parquet")
    with pytest.raises(PhotographsError) as caught:
        cifar10.load(train=False)
    said = str(caught.value)
    assert said.startswith("test.parquet of CIFAR-10 ") and said.endswith(".")
    assert words in said
    assert str(here) not in said


def test_a_part_of_a_file_that_is_sorted_by_class_has_all_classes(here):
    write_parquet(here, 10, 400)
    path = here / "test.parquet"
    parquet.write_table(parquet.read_table(path).sort_by("label"), path)
    labels = cifar10.load(train=False, limit=200).labels
    assert len(labels) == 200
    assert labels.bincount().min() > 5


def test_half_a_folder_is_not_a_folder(here):
    write_parquet(here, 10, 10)
    (here / "test.parquet").unlink()
    assert not cifar10.present()


def test_without_the_variable_the_pictures_lie_beside_torchs_weights(tmp_path, monkeypatch):
    monkeypatch.delenv(cifar10.FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert cifar10.archive().path == tmp_path / "cifar10" / "cifar-10-python.tar.gz"
    assert cifar10.archive().url == torchvision.datasets.CIFAR10.url
    assert cifar10.archive().path.name == torchvision.datasets.CIFAR10.filename


def test_reading_can_be_stopped(here):
    write_parquet(here, 20, 10)
    seen = []

    def stop_at_five():
        seen.append(1)
        if len(seen) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cifar10.load(train=True, check=stop_at_five)
    assert len(seen) == 5


def test_augment_shifts_within_a_border_of_four_and_flips_half():
    """Every result is found again among the 162 crops of the padded picture."""
    image = torch.randint(0, 256, (1, 3, 32, 32), generator=torch.Generator().manual_seed(1))
    image = image.to(torch.uint8)
    padded = torch.nn.functional.pad(image, (4, 4, 4, 4))[0]
    crops = {}
    for top in range(9):
        for left in range(9):
            crop = padded[:, top : top + 32, left : left + 32]
            crops[crop.numpy().tobytes()] = (top, left, False)
            crops[crop.flip(2).contiguous().numpy().tobytes()] = (top, left, True)
    found = cifar10.augment(image.expand(2_000, -1, -1, -1), torch.Generator().manual_seed(0))
    kinds = [crops[one.contiguous().numpy().tobytes()] for one in found]
    assert {kind[0] for kind in kinds} == {kind[1] for kind in kinds} == set(range(9))
    assert sum(kind[2] for kind in kinds) == pytest.approx(1_000, abs=100)


def test_batches_of_photographs_are_normalised_and_repeat(here, monkeypatch):
    monkeypatch.setattr(training_data, "_kept", [])
    write_parquet(here)

    def batch():
        data = training_data.training_data("cifar10", 0, "cpu", lambda: None)
        return data.batch(16, torch.Generator().manual_seed(3))

    (images, labels), (again, same) = batch(), batch()
    assert images.shape == (16, 3, 32, 32)
    assert images.dtype == torch.float32
    assert torch.equal(images, again)
    assert torch.equal(labels, same)
    assert images.min() < -1.5 < 1.5 < images.max()


class TestTrainEmbedded:
    """The script behind the networks on board, on a few pictures."""

    RECIPE = EmbeddedRecipe(epochs=2, batch=32, peak_rate=0.1)

    @pytest.fixture
    def splits(self, monkeypatch):
        monkeypatch.setattr(train_embedded, "HELD_OUT", 20)
        # Three narrow blocks tell as much as nine.
        small = replace(preset("resnet20"), depths=(1, 1, 1), widths=(4, 8, 16))
        monkeypatch.setattr(train_embedded, "preset", lambda name: small)
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
        whole = train_embedded.train("resnet20", *splits, self.RECIPE, tmp_path / "whole")
        one_epoch = train_embedded.one_epoch

        def stop_in_the_second(*arguments):
            if arguments[-1] == 2:
                raise KeyboardInterrupt
            return one_epoch(*arguments)

        monkeypatch.setattr(train_embedded, "one_epoch", stop_in_the_second)
        with pytest.raises(KeyboardInterrupt):
            train_embedded.train("resnet20", *splits, self.RECIPE, tmp_path / "parts")
        monkeypatch.setattr(train_embedded, "one_epoch", one_epoch)
        parts = train_embedded.train("resnet20", *splits, self.RECIPE, tmp_path / "parts")
        assert parts == whole
        curves = [(tmp_path / name / "resnet20.csv").read_text() for name in ("whole", "parts")]
        assert curves[0] == curves[1]
        weights = [
            (tmp_path / name / "resnet20.safetensors").read_bytes() for name in ("whole", "parts")
        ]
        assert weights[0] == weights[1]

    def test_a_checkpoint_of_another_recipe_is_not_gone_on_with(self, splits, tmp_path):
        train_embedded.train("plain20", *splits, EmbeddedRecipe(epochs=1, batch=32), tmp_path)
        with pytest.raises(SystemExit, match="Delete it"):
            train_embedded.train("plain20", *splits, EmbeddedRecipe(epochs=3, batch=32), tmp_path)

    def test_bfloat16_leaves_weights_of_float32(self, splits, tmp_path):
        recipe = EmbeddedRecipe(epochs=1, batch=32, bfloat16=True)
        figures = train_embedded.train("resnet20", *splits, recipe, tmp_path)
        assert figures["recipe"]["bfloat16"] is True
        from safetensors.torch import load_file

        weights = load_file(tmp_path / "resnet20.safetensors")
        assert {value.dtype for value in weights.values()} == {torch.float32, torch.int64}

    def test_while_the_rate_is_flat_another_length_goes_on_with_the_run(self, splits, tmp_path):
        """Begun as a run of eight epochs, ended as one of three: the same as one of three."""
        short = replace(paper_recipe(3, 1), batch=32)
        whole = train_embedded.train("resnet20", *splits, short, tmp_path / "whole")
        long = replace(paper_recipe(8, 1), batch=32)
        self.interrupted_in(2, long, splits, tmp_path / "cut")
        cut = train_embedded.train("resnet20", *splits, short, tmp_path / "cut")
        assert cut == whole
        files = [f"resnet20.{kind}" for kind in ("csv", "safetensors")]
        for file in files:
            assert (tmp_path / "whole" / file).read_bytes() == (
                tmp_path / "cut" / file
            ).read_bytes()
        assert whole["kept_epoch"] == 3, "the rate ends at zero: the last epoch is kept"

    def interrupted_in(self, epoch, recipe, splits, folder):
        one_epoch = train_embedded.one_epoch

        def stop(*arguments):
            if arguments[-1] == epoch:
                raise KeyboardInterrupt
            return one_epoch(*arguments)

        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(train_embedded, "one_epoch", stop)
            train_embedded.train("resnet20", *splits, recipe, folder)

    def test_once_the_rate_falls_there_is_no_other_length(self, splits, tmp_path):
        recipe = replace(paper_recipe(3, 2), batch=32)
        self.interrupted_in(3, recipe, splits, tmp_path)
        for epochs, decay in ((4, 2), (3, 1), (8, 4)):
            with pytest.raises(SystemExit, match="Delete it"):
                other = replace(paper_recipe(epochs, decay), batch=32)
                train_embedded.train("resnet20", *splits, other, tmp_path)

    def test_short_runs_are_told_in_parts_of_epochs(self, splits, tmp_path):
        recipe = replace(paper_recipe(2, 1), batch=16)
        train_embedded.train("resnet20", *splits, recipe, tmp_path)
        header, *rows = (tmp_path / "resnet20.csv").read_text().split()
        cells = [row.split(",") for row in rows]
        assert [row[0] for row in cells] == ["0.25", "0.5", "0.75", "1", "1.25", "1.5", "1.75", "2"]
        assert [bool(row[3]) for row in cells] == [False, False, False, True] * 2
        assert header.endswith("held_out_accuracy")
        from safetensors.torch import load_file

        weights = load_file(tmp_path / "resnet20.safetensors")
        halves = {name for name, value in weights.items() if value.dtype == torch.float16}
        assert halves == {name for name, value in weights.items() if value.dim() == 4}


def test_the_rate_warms_up_stays_and_falls_to_zero():
    recipe, steps = paper_recipe(8, 2), 371
    assert recipe.factor(0, steps) == pytest.approx(1 / train_embedded.WARM_UP)
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
    found = train_embedded.deletions(network, data, batch=20)
    for path, share in found.items():
        if share is None:
            assert name == "plain20" and path in ("layer2.0", "layer3.0")
        else:
            expected = train_embedded.accuracy(network, data, frozenset({path}))
            assert share == pytest.approx(expected, abs=1e-4)


def test_what_is_held_out_is_not_learnt_from():
    learnt, held = train_embedded.learnt_from(50_000, 0), train_embedded.held_out(50_000, 0)
    assert len(held) == train_embedded.HELD_OUT
    assert sorted([*learnt.tolist(), *held.tolist()]) == list(range(50_000))
