"""CIFAR-10 from wherever it lies, and what is done to its pictures before they are learnt."""

import io
import tarfile

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import torch
from PIL import Image

from explorer.experiments import cifar10, training_data
from explorer.experiments.cifar10 import PhotographsError
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
