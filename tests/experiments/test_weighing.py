"""Files of weights, weighed: what is taken, at which size, and what it costs."""

import time
from dataclasses import replace

import torch

from explorer.architecture import preset, smallest_image_size
from explorer.experiments import framing, readings, weighing
from explorer.experiments.embedded import cards
from explorer.experiments.images import decode
from explorer.experiments.preprocess import IMAGENET
from explorer.experiments.samples import samples
from explorer.networks.recognise import Reading, Recognised, recognise
from explorer.networks.resnet import ResNet
from explorer.networks.weights import load
from tests.networks.test_recognise import lived_in, saved


def photographs() -> list:
    return [decode(one.data, one.name).image for one in samples().values()]


def of(found: Recognised):
    def network(reading: Reading) -> ResNet:
        return load(reading.spec, found.tensors_of(reading))

    return network


def test_a_network_on_board_is_read_as_it_was_trained() -> None:
    path = cards()["resnet20"].path
    found = recognise(path, path.name)
    told: list[float] = []
    verdict = weighing.weigh(found, of(found), photographs(), told.append)
    assert weighing.best_reading(found, verdict).spec == preset("resnet20")
    assert verdict.exact and weighing.best_values(found, verdict) == "cifar10"
    assert told == sorted(told) and told[0] > 0 and told[-1] < 1
    recipe = weighing.prepared_by(found, found.spec, "cifar10")
    assert (recipe.resize, recipe.crop, recipe.std) == (32, 32, (0.2470, 0.2435, 0.2616))


def test_red_comes_first_where_nothing_tells() -> None:
    """Blue is first in few programs; where it comes out as near, or a little nearer, that is no
    reason to believe it."""
    path = cards()["resnet20"].path
    found = recognise(path, path.name)

    def exactly(**distances: float) -> weighing.Verdict:
        values = [
            readings.Weighed(name, readings.Remembered(("bn1",), (distance,)))
            for name, distance in distances.items()
        ]
        return weighing.Verdict(values=readings.by_distance(values), exact=True)

    both = exactly(cifar10_usual_bgr=0.018, cifar10_usual=0.02, half=0.3)
    assert weighing.best_values(found, both) == "cifar10_usual"
    assert weighing.near_values(both) == ("cifar10_usual_bgr", "cifar10_usual")
    clear = exactly(cifar10_usual_bgr=0.018, cifar10_usual=0.04)
    assert weighing.best_values(found, clear) == "cifar10_usual_bgr"


def test_sizes_follow_from_the_stem() -> None:
    imagenet, cifar = preset("resnet50"), preset("resnet20")
    assert framing.side_of(imagenet) == 224
    assert framing.side_of(cifar) == 32
    assert framing.side_of(replace(cifar, num_classes=200)) == 64
    pooled = replace(imagenet, stem="3x3_pool", num_classes=10)
    assert framing.side_of(pooled) == 32
    # Small pictures are taken whole, large ones with torchvision's margin.
    assert framing.usual(pooled).resize == 32
    assert framing.usual(imagenet).resize == 256
    enlarged = framing.usual(replace(imagenet, num_classes=10))
    assert (enlarged.resize, enlarged.crop, enlarged.mean) == (224, 224, IMAGENET.mean)
    assert framing.framed(enlarged, "middle") == framing.usual(imagenet)
    assert framing.framed(framing.usual(imagenet), "whole") == enlarged
    assert [framing.frame_of(one) for one in (enlarged, IMAGENET)] == ["whole", "middle"]
    many = replace(cifar, depths=(1,) * 7, widths=(16,) * 7)
    assert framing.side_of(many) == smallest_image_size(many) == 64


def test_a_file_without_memory_is_not_weighed() -> None:
    from explorer.networks import build

    found = recognise(saved(build(preset("resnet20")).state_dict()), "fresh.pth")
    verdict = weighing.weigh(found, of(found), photographs())
    assert verdict == weighing.Verdict()
    assert weighing.best_reading(found, verdict) == found.readings[0]
    assert weighing.best_values(found, verdict) == "cifar10"
    assert weighing.is_near(found, verdict, found.readings[-1])


def test_weighing_resnet50_costs_few_forward_passes() -> None:
    """Two readings and ten ways to prepare pixels, in processor time against the bare network on
    as many pictures (measured: 8.9 times, 4.0 s on one busy core)."""
    found = recognise(saved(lived_in(preset("resnet50")).state_dict()), "resnet50.pth")
    pictures = photographs()[: weighing.pictures_for(found.spec)]
    network = of(found)(found.readings[0])
    batch = readings.raw(pictures, framing.usual(found.spec), 3)
    bare = []
    for _ in range(3):
        begun = time.process_time()
        with torch.inference_mode():
            network(batch)
        bare.append(time.process_time() - begun)
    begun = time.process_time()
    verdict = weighing.weigh(found, of(found), pictures)
    assert len(verdict.readings) == 2 and len(verdict.values) == len(readings.VALUES)
    assert time.process_time() - begun < 12 * min(bare)
