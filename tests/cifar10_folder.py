"""Small folders of pictures in the two layouts of CIFAR-10 that the app reads."""

import io
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from PIL import Image


def pictures(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise with one bright bar per class: (N, 32, 32, 3) bytes that a network can learn."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 10
    images = generator.integers(0, 120, (count, 32, 32, 3), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[3 * label : 3 * label + 3] = 255
    return images, labels


def write_parquet(folder: Path, train: int = 640, test: int = 100) -> Path:
    """train.parquet and test.parquet with PNGs, so that nothing is lost."""
    for name, count, seed in (("train", train, 1), ("test", test, 2)):
        images, labels = pictures(count, seed)
        data = []
        for image in images:
            buffer = io.BytesIO()
            Image.fromarray(image).save(buffer, "PNG")
            data.append(buffer.getvalue())
        table = pa.table({"image": pa.array(data, pa.binary()), "label": labels})
        parquet.write_table(table, folder / f"{name}.parquet")
    return folder


def write_batches(folder: Path, each: int = 20) -> Path:
    """torchvision's folder of pickles: five batches to learn from, one to test on."""
    batches = folder / "cifar-10-batches-py"
    batches.mkdir(parents=True)
    names = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]
    for seed, name in enumerate(names):
        images, labels = pictures(each, seed)
        rows = images.transpose(0, 3, 1, 2).reshape(each, -1)
        (batches / name).write_bytes(pickle.dumps({"data": rows, "labels": labels.tolist()}))
    classes = [f"class {number}" for number in range(10)]
    (batches / "batches.meta").write_bytes(pickle.dumps({"label_names": classes}))
    return folder
