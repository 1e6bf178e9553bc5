"""Files as public repositories save them: recognised untouched, answering as their own code."""

from collections import OrderedDict
from collections.abc import Callable
from functools import cache

import pytest
import torch
from PIL.Image import Image
from torch import Tensor, nn
from torch.nn import functional

from explorer.architecture import NetworkSpec
from explorer.experiments import framing, other_programs, readings, weighing
from explorer.experiments.embedded import cards
from explorer.experiments.images import decode
from explorer.experiments.preprocess import CIFAR
from explorer.experiments.samples import samples
from explorer.networks import build
from explorer.networks.recognise import Reading, recognise
from explorer.networks.weights import load
from explorer.words import section
from tests.networks.authors import (
    AUTHORS,
    CIFAR10,
    CIFAR100,
    LARGE,
    TWO,
    Author,
    akamaster,
    bare,
    bottleneck_names,
    layered,
    plain_names,
    saved,
    seven,
    squeezed,
    torchvision,
    weiaicunzai_named,
)
from tests.networks.authors_preact import AUTHORS_PREACT, meliketoy, preact_with_norm


@cache
def photographs() -> list[Image]:
    return [decode(one.data, one.name).image for one in samples().values()]


def pictures(author: Author) -> Tensor:
    """The app's pictures as this author's program would give them to its network."""
    raw = readings.raw(photographs(), CIFAR.at(author.size), 3)
    return readings.normalised(raw, (*author.values, False))


def lived_in(
    author: Author, around: Callable[[nn.Module], nn.Module] = lambda made: made
) -> nn.Module:
    """The author's network with random weights, whose batch norms hold what the pictures are."""
    torch.manual_seed(7)
    network = around(author.make())
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
    found = recognise(saved(author.saves(network)), "file.pth")
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
    if author.size != framing.side_of(found.spec):
        return
    # And of all readings the one is taken that computes what the author's code does.
    verdict = weighing.weigh(
        found, lambda one: load(one.spec, found.tensors_of(one)), photographs()
    )
    assert distance(weighing.best_reading(found, verdict)) < tolerance
    assert other_programs.told(verdict.others) is None


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


HEADS = {
    "pooled twice": [nn.BatchNorm1d(256), nn.Dropout(), nn.Linear(256, 10)],
    "long head": [nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)],
    "two linears": [nn.Linear(128, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 10)],
}


@pytest.mark.parametrize("title", HEADS)
def test_heads_that_no_network_here_has_are_said(title: str) -> None:
    """A wrong answer would be worse than none."""
    state = layered(plain_names("downsample"), LARGE, TWO, linear="fc").state_dict()
    body = {key: value for key, value in state.items() if not key.startswith("fc.")}
    head = nn.Sequential(*HEADS[title]).state_dict()
    found = recognise(saved(body | {f"fc.{key}": value for key, value in head.items()}), "f.pth")
    titles = [note[0] for note in found.notes]
    assert title in titles and "no classes" not in titles
    assert found.head == ("classes" if title == "two linears" else "none")


def test_a_head_with_norms_among_its_layers_is_left_out() -> None:
    state = layered(plain_names("downsample"), LARGE, TWO, linear="fc").state_dict()
    body = {key: value for key, value in state.items() if not key.startswith("fc.")}
    layers = (nn.Linear(128, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))
    head = nn.Sequential(*layers).state_dict()
    found = recognise(saved(body | {f"fc.{key}": value for key, value in head.items()}), "f.pth")
    assert found.head == "none" and "long head" in [note[0] for note in found.notes]


class WithActivation(nn.Module):
    """An author's blocks with another activation, which their files do not tell."""

    def __init__(self, network: nn.Module, activation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.network, self.activation = network, activation

    def forward(self, x: Tensor) -> Tensor:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(functional, "relu", self.activation)
            return self.network(x)


ACTIVATIONS = {
    "silu": functional.silu,
    "leaky_relu": lambda x: functional.leaky_relu(x, 0.1),
    None: functional.relu,
}


@pytest.mark.parametrize("make", [preact_with_norm, meliketoy], ids=["preact", "wide"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_in_place_of_relu_is_told_and_warned_of(name, make) -> None:
    author = Author("any", make, bare, CIFAR10, 32)
    network = lived_in(author, lambda made: WithActivation(made, ACTIVATIONS[name]))
    found = recognise(saved(bare(network.network)), "file.pth")
    verdict = weighing.weigh(
        found, lambda one: load(one.spec, found.tensors_of(one)), photographs()
    )
    assert other_programs.told(verdict.others) == name


def test_no_network_on_board_is_taken_for_one_with_another_activation() -> None:
    for preset, card in cards().items():
        found = recognise(card.path, card.path.name)
        verdict = weighing.weigh(
            found, lambda one, of=found: load(one.spec, of.tensors_of(one)), photographs()
        )
        assert other_programs.told(verdict.others) is None, preset


@pytest.mark.parametrize(
    ("size", "classes", "told"), [(32, 10, 32), (64, 10, 64), (224, 10, None), (224, 1000, None)]
)
def test_the_size_that_a_network_for_224_pixels_learnt_at_is_told(size, classes, told) -> None:
    author = Author("any", lambda: torchvision(classes, "basic"), bare, CIFAR10, size)
    found = recognise(saved(bare(lived_in(author))), "file.pth")
    verdict = weighing.weigh(
        found, lambda one: load(one.spec, found.tensors_of(one)), photographs()
    )
    assert verdict.side == told
    assert weighing.side_for(found.spec, verdict) == size
    assert framing.usual(found.spec, verdict.side).crop == size


def later_gate(cin: int, cout: int, stride: int) -> nn.Module:
    """weiaicunzai's SE-ResNet as it is: its main branch ends with a ReLU."""
    made = squeezed(cin, cout, stride)
    made.steps = ("residual", "relu")
    return made


@pytest.mark.parametrize(("unit", "told"), [(later_gate, "gated_later"), (squeezed, None)])
def test_a_relu_before_the_gate_is_told_and_warned_of(unit, told) -> None:
    author = Author("any", lambda: weiaicunzai_named(unit, 1, 1), bare, CIFAR100, 32)
    found = recognise(saved(bare(lived_in(author))), "file.pth")
    verdict = weighing.weigh(
        found, lambda one: load(one.spec, found.tensors_of(one)), photographs()
    )
    assert other_programs.told(verdict.others) == told


class AtTheFirstPixel(nn.Module):
    """3x3 with stride 2 on even sizes as TensorFlow's 'same': zeros behind the last pixel only."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(functional.pad(x, (0, 1, 0, 1)), self.weight, stride=2)


@pytest.mark.parametrize("same", [False, True])
def test_padding_as_tensorflow_has_it_is_told_and_warned_of(same: bool) -> None:
    """ResNet-20 on board, whose batch norms gathered their statistics anew."""
    card = cards()["resnet20"]
    found = recognise(card.path, card.path.name)
    network = load(found.spec, found.tensors)
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if same and isinstance(child, nn.Conv2d) and child.stride == (2, 2):
                setattr(module, name, AtTheFirstPixel(child.weight.detach()))
            elif isinstance(child, nn.BatchNorm2d):
                child.reset_running_stats()
                child.momentum = None
    raw = readings.raw(photographs(), CIFAR, 3)
    with torch.no_grad():
        network.train()(readings.normalised(raw, readings.VALUES["cifar10"]))
    found = recognise(saved(network.state_dict()), "file.pth")
    verdict = weighing.weigh(
        found, lambda one: load(one.spec, found.tensors_of(one)), photographs()
    )
    assert other_programs.told(verdict.others) == ("same" if same else None)


@pytest.mark.parametrize("size", [15, 16])
@pytest.mark.parametrize("kernel", [3, 7])
def test_windows_as_tensorflow_has_them(size: int, kernel: int) -> None:
    """Output sizes are halves rounded up; the zeros in front are the smaller half (TensorFlow's
    documentation of tf.nn: padding)."""
    spec = NetworkSpec("basic", (1, 1), (8, 16), stem="imagenet" if kernel == 7 else "3x3_stride2")
    first = other_programs.with_same(build(spec)).conv1
    x = torch.randn(1, 3, size, size)
    front = {(15, 3): 1, (16, 3): 0, (15, 7): 3, (16, 7): 2}[size, kernel]
    wide = torch.zeros(1, 3, 40, 40)
    wide[:, :, front : front + size, front : front + size] = x
    out = -(-size // 2)
    weight = build(spec).conv1.weight
    by_hand = functional.conv2d(wide, weight, stride=2)[:, :, :out, :out]
    assert torch.allclose(first(x), by_hand, atol=1e-5)


NORMALISERS = {
    "robustness": {"module.normalizer.new_mean": (3, 1, 1), "module.normalizer.new_std": (3, 1, 1)},
    "robustbench": {"mu": (1, 3, 1, 1), "sigma": (1, 3, 1, 1)},
    "vectors": {"normalize.mean": (3,), "normalize.std": (3,)},
    "in bytes": {"pixel_mean": (3,), "pixel_std": (3,)},
}


@pytest.mark.parametrize("name", NORMALISERS)
def test_what_a_normaliser_in_the_file_does_to_pixels_is_known(name: str) -> None:
    times = 255 if name == "in bytes" else 1
    numbers = [torch.tensor(one) * times for one in CIFAR10]
    buffers = {
        key: one.view(shape)
        for (key, shape), one in zip(NORMALISERS[name].items(), numbers, strict=True)
    }
    state = layered(plain_names("shortcut"), LARGE, TWO).state_dict()
    found = recognise(saved(buffers | {f"module.model.{key}": v for key, v in state.items()}), "f")
    assert found.recipe is not None
    assert all(
        one == pytest.approx(other) for one, other in zip(found.recipe, CIFAR10, strict=True)
    )


@pytest.mark.parametrize(
    ("mean", "blue_first"),
    [((103.53, 116.28, 123.675), True), ((123.675, 116.28, 103.53), False)],
)
def test_whether_blue_comes_first_in_a_normaliser_of_bytes(mean, blue_first) -> None:
    """detectron2's pixel_mean, and the same with red first (its configuration says FORMAT)."""
    state = layered(plain_names("shortcut"), LARGE, TWO).state_dict()
    numbers = {
        "pixel_mean": torch.tensor(mean).view(3, 1, 1),
        "pixel_std": torch.tensor((57.375, 57.12, 58.395)).view(3, 1, 1),
    }
    found = recognise(saved({"model": state | numbers}), "file.pth")
    means, deviations, blue = weighing.candidates(found)[weighing.OWN]
    assert blue == blue_first
    assert means == pytest.approx([x / 255 for x in mean])
    assert deviations[0] == pytest.approx(0.225)


@pytest.mark.parametrize(
    "name", (*other_programs.ACTIVATIONS, other_programs.GATED_LATER, other_programs.SAME)
)
def test_each_program_has_its_sentence(name: str) -> None:
    told = section("recognition", f"program {name}", distance=0.1, relu=0.9)
    assert "0.10" in told and "0.90" in told and "{" not in told


def cadene(cin: int, width: int, stride: int) -> nn.Module:
    """pretrained-models.pytorch's SEResNetBottleneck: the stride on the first 1x1, se_module."""
    made = bottleneck_names("downsample", 1)(cin, width, stride)
    cout = 4 * width
    pair = (("fc1", nn.Conv2d(cout, cout // 16, 1)), ("fc2", nn.Conv2d(cout // 16, cout, 1)))
    made.add_module("se_module", nn.Sequential(OrderedDict(pair)))
    made.gate = ("se_module.fc1", "se_module.fc2")
    return made


def test_names_of_programs_that_put_the_stride_on_the_first_1x1_are_a_hint() -> None:
    network = layered(cadene, LARGE, TWO, expansion=4, stem=seven(), pools=True, linear="fc")
    found = recognise(saved(network.state_dict()), "file.pth")
    assert found.spec.stride_on == "1x1" and len(found.readings) == 2
    titles = [title for title, _ in found.notes]
    assert "stride first, cadene" in titles and "pool rounds up" in titles
    # A whole model says it itself.
    whole = recognise(saved(network), "file.pth")
    assert "stride first, cadene" not in [title for title, _ in whole.notes]


@pytest.mark.parametrize(
    ("first", "title"),
    [
        ("res2_0_branch2a", "stride first, caffe"),
        ("conv2_block1_1_conv", "stride first, keras"),
        ("layer1.0.conv1", None),
    ],
)
def test_the_table_of_hints(first: str, title: str | None) -> None:
    state = torchvision(10).state_dict()
    found = recognise(
        saved({key.replace("layer1.0.conv1", first): value for key, value in state.items()}), "f"
    )
    assert found.spec.stride_on == ("1x1" if title else "3x3")
    hints = [one for one, _ in found.notes if one.startswith("stride first")]
    assert hints == ([title] if title else [])


def test_where_the_network_is_is_said_though_numbers_stand_beside_it() -> None:
    network = layered(plain_names("shortcut"), LARGE, TWO)
    found = recognise(saved(akamaster(network)), "file.th")
    assert found.prefix == "state_dict.module"
    assert recognise(saved(bare(network)), "file.th").prefix == ""
