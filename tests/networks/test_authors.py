"""Files as public repositories save them: recognised untouched, answering as their own code."""

import io
from functools import cache

import pytest
import torch
from PIL.Image import Image
from torch import Tensor, nn

from explorer.experiments import readings, weighing
from explorer.experiments.images import decode
from explorer.experiments.preprocess import CIFAR
from explorer.experiments.samples import samples
from explorer.networks.recognise import Reading, recognise
from explorer.networks.weights import load
from tests.networks.authors import AUTHORS, Author
from tests.networks.authors_preact import AUTHORS_PREACT


@cache
def photographs() -> list[Image]:
    return [decode(one.data, one.name).image for one in samples().values()]


def pictures(author: Author) -> Tensor:
    """The app's pictures as this author's program would give them to its network."""
    raw = readings.raw(photographs(), CIFAR.at(author.size), 3)
    return readings.normalised(raw, (*author.values, False))


def lived_in(author: Author) -> nn.Module:
    """The author's network with random weights, whose batch norms hold what the pictures are."""
    torch.manual_seed(7)
    network = author.make()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0, 0.2)
            layer.momentum = None  # the mean over all batches
    batch = pictures(author)
    with torch.no_grad():
        network.train()(batch)
    return network.eval()


@pytest.mark.parametrize("author", (*AUTHORS, *AUTHORS_PREACT), ids=lambda one: one.name)
def test_public_forms_compute_what_their_authors_code_computes(author: Author) -> None:
    network = lived_in(author)
    found = recognise(_file(author.saves(network)), "file.pth")
    assert found.placed and found.head == author.head
    fitting = [
        one for one in found.readings
        if all(getattr(one.spec, key) == value for key, value in author.fields.items())
    ]  # fmt: skip
    assert fitting, (author.fields, [one.spec for one in found.readings])
    batch = pictures(author)
    with torch.inference_mode():
        wanted = network(batch)
    tolerance = 1e-3 * float(wanted.abs().max())
    if author.head != "classes":
        ours = [load(one.spec, found.tensors_of(one)) for one in fitting]
        assert min(_bodies(network, one, batch) for one in ours) < tolerance
        return

    def distance(reading: Reading) -> float:
        with torch.inference_mode():
            return float(
                (load(reading.spec, found.tensors_of(reading))(batch) - wanted).abs().max()
            )

    assert min(map(distance, fitting)) < tolerance
    if author.size != weighing.side_of(found.spec):
        return
    # And of all readings the one is taken that computes what the author's code does.
    verdict = weighing.weigh(
        found, lambda one: load(one.spec, found.tensors_of(one)), photographs()
    )
    assert distance(weighing.best_reading(found, verdict)) < tolerance


def _file(saved: object) -> bytes:
    if isinstance(saved, bytes):
        return saved
    buffer = io.BytesIO()
    torch.save(saved, buffer)
    return buffer.getvalue()


def _bodies(network: nn.Module, ours: nn.Module, batch: Tensor) -> float:
    """How far what the classifiers read is apart."""
    classes = network.get_submodule("fc")
    seen: list[Tensor] = []
    hook = classes.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    network(batch)
    hook.remove()
    hook = ours.get_submodule("fc").register_forward_pre_hook(lambda _, i: seen.append(i[0]))
    ours(batch)
    hook.remove()
    return float((seen[0] - seen[1]).abs().max())
