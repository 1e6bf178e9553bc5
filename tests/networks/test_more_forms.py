"""More public forms: heads of self-supervised methods, other programs' names, and networks that
compute what no network here does, which must be said and not answered."""

import pickle
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from explorer.experiments import readings
from explorer.networks.recognise import recognise
from explorer.networks.weights import WeightsError, load
from tests.networks.authors import (
    LARGE,
    SMALL,
    TWO,
    N,
    Net,
    Post,
    bottleneck_names,
    changes,
    conv,
    layered,
    named,
    plain_names,
    projected,
    saved,
    stages,
    torchvision,
)
from tests.networks.authors_preact import detectron_pickle

State = dict[str, Any]


def body(classes: int = 10) -> State:
    """torchvision's names without a classifier."""
    state = torchvision(classes).state_dict()
    return {key: value for key, value in state.items() if not key.startswith("fc.")}


def below(prefix: str, state: State) -> State:
    return {prefix + key: value for key, value in state.items()}


def projector(*sizes: int, last_norm: bool = False) -> State:
    """Linear layers, each with batch norm and a ReLU behind it, but for the last."""
    made: list[nn.Module] = []
    for index, (inner, out) in enumerate(pairwise(sizes)):
        last = index == len(sizes) - 2
        made.append(nn.Linear(inner, out, bias=last))
        if not last or last_norm:
            made.append(nn.BatchNorm1d(out))
        if not last:
            made.append(nn.ReLU())
    return nn.Sequential(*made).state_dict()


def mocov3() -> object:
    """facebookresearch/moco-v3: base_encoder.fc is the projector; a momentum copy, a predictor."""
    one = body() | below("fc.", projector(512, 64, 32))
    whole = below("module.base_encoder.", one) | below("module.momentum_encoder.", one)
    return {"epoch": 300, "state_dict": whole | below("module.predictor.", projector(32, 64, 32))}


def simsiam() -> object:
    """facebookresearch/simsiam: encoder.fc of three layers, a norm behind the last."""
    one = body() | below("fc.", projector(512, 64, 64, 64, last_norm=True))
    whole = below("module.encoder.", one)
    return {"state_dict": whole | below("module.predictor.", projector(64, 32, 64))}


def swav() -> object:
    """facebookresearch/swav: projection_head and prototypes beside the body."""
    heads = below("projection_head.", projector(512, 64, 32))
    return below("module.", body() | heads | {"prototypes.weight": torch.randn(30, 32)})


def torchreid_fc512() -> object:
    """KaiyangZhou/deep-person-reid: resnet50_fc512 normalises before its classifier."""
    head = below("fc.", projector(512, 64, last_norm=True))
    return {"state_dict": body() | head | {"classifier.weight": torch.randn(75, 64)}}


def unet() -> object:
    """fastai's unet_learner: a pixel shuffle's 1x1 reads the last channels and is no classifier."""
    decoder = {
        "layers.4.shuf.conv.0.weight": torch.randn(256, 512, 1, 1),
        "layers.4.conv1.0.weight": torch.randn(64, 128, 3, 3),
    }
    return {"model": below("layers.0.", body()) | decoder}


def pyramid() -> object:
    """detectron2: the pyramid's 1x1 reads the last channels, too."""
    fpn = {
        "backbone.fpn_lateral5.weight": torch.randn(16, 512, 1, 1),
        "backbone.fpn_output5.weight": torch.randn(16, 16, 3, 3),
    }
    return {"model": below("backbone.bottom_up.", body()) | fpn}


@pytest.mark.parametrize("form", [mocov3, simsiam, swav, torchreid_fc512, unet, pyramid])
def test_heads_that_are_no_classifiers_are_left_out(form: Callable[[], object]) -> None:
    found = recognise(saved(form()), "file.pth")
    assert (found.spec.block, found.spec.depths, found.spec.stem) == ("bottleneck", TWO, "imagenet")
    assert found.head == "none"
    assert {"no classes", "long head", "contrastive"} & {title for title, _ in found.notes}


class Vd(nn.Module):
    """PaddleClas: a pool before each projection with a stride, and names that do not count it."""

    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        self.conv0, self.conv1 = _paddle(cin, cout, 3, stride), _paddle(cout, cout, 3)
        self.stride = stride
        if changes(cin, cout, stride):
            self.short = _paddle(cin, cout, 1)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv1(torch.relu(self.conv0(x)))
        if hasattr(self, "short"):
            x = self.short(nn.functional.avg_pool2d(x, 2) if self.stride > 1 else x)
        return torch.relu(out + x)


def _paddle(cin: int, cout: int, kernel: int, stride: int = 1) -> nn.Module:
    norm = nn.BatchNorm2d(cout)
    return named(("_conv", conv(cin, cout, kernel, stride)), ("_batch_norm", norm))


def vd() -> nn.Module:
    rows = stages(Vd, 16, LARGE, TWO)
    blocks = {
        f"bb_{row}_{index}": block
        for row, some in enumerate(rows)
        for index, block in enumerate(some)
    }
    stem = {
        "conv1_1": _paddle(3, 8, 3, 2),
        "conv1_2": _paddle(8, 8, 3),
        "conv1_3": _paddle(8, 16, 3),
    }
    run = ["conv1_1", "relu", "conv1_2", "relu", "conv1_3", "relu", "pool", *blocks, "mean", "fc"]
    return Net(run, **stem, **blocks, fc=nn.Linear(128, 10))


def pdparams(network: nn.Module) -> bytes:
    """Paddle's file: arrays of NumPy in a plain pickle; classifiers are (in, out)."""
    found: State = {}
    for key, value in network.state_dict().items():
        if "num_batches" in key:
            continue
        name = key.replace("running_mean", "_mean").replace("running_var", "_variance")
        found[name] = (value.t() if name == "fc.weight" else value).numpy()
    found["StructuredToParameterName@@"] = {name: f"p_{name}" for name in found}
    return pickle.dumps(found, protocol=2)


def test_paddles_files_compute_what_paddles_network_does() -> None:
    torch.manual_seed(0)
    network = vd()
    network.train()(torch.randn(8, 3, 64, 64))  # statistics of its own
    found = recognise(pdparams(network.eval()), "ResNet18_vd_pretrained.pdparams")
    assert found.spec.stem == "deep" and found.head == "classes"
    fitting = [one for one in found.readings if one.spec.avg_down]
    assert len(fitting) == 1 and len(found.readings) == 2, "the pool has no name"
    x = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        ours = load(fitting[0].spec, found.tensors_of(fitting[0]))(x)
        assert torch.allclose(ours, network(x), atol=1e-4)


def test_numbers_in_the_names_of_a_deep_stems_projections_still_tell_of_the_pool() -> None:
    state = layered(
        bottleneck_names("downsample"), LARGE, TWO, expansion=4, pools=True, linear="fc",
        stem=nn.Sequential(conv(3, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU(), conv(8, 8, 3),
                           nn.BatchNorm2d(8), nn.ReLU(), conv(8, 16, 3)),
    ).state_dict()  # fmt: skip
    found = recognise(saved(state), "resnet50c.pth")
    assert not any(one.spec.avg_down for one in found.readings)


def in_blocks(make: Callable[[int], nn.Module], name: str) -> State:
    """ResNet-20 as akamaster names it, each block with one more module."""
    network = layered(plain_names("shortcut"), SMALL, N)
    for module in list(network.modules()):
        if isinstance(module, Post):
            module.add_module(name, make(module.conv2.out_channels))
    return network.state_dict()


class Scale(nn.Module):
    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(shape))


def iresnet() -> State:
    """deepinsight/insightface: bn1, conv1, bn2, prelu, conv2, bn3; features at the end."""

    def unit(cin: int, cout: int, stride: int) -> nn.Module:
        modules: dict[str, nn.Module] = {
            "bn1": nn.BatchNorm2d(cin), "conv1": conv(cin, cout, 3), "bn2": nn.BatchNorm2d(cout),
            "prelu": nn.PReLU(cout), "conv2": conv(cout, cout, 3, stride),
            "bn3": nn.BatchNorm2d(cout),
        }  # fmt: skip
        if changes(cin, cout, stride):
            modules["downsample"] = projected(cin, cout, stride)
        return nn.ModuleDict(modules)

    rows = {f"layer{i}": nn.Sequential(*row) for i, row in enumerate(stages(unit, 16, SMALL, N), 1)}
    stem = {"conv1": conv(3, 16, 3), "bn1": nn.BatchNorm2d(16), "prelu": nn.PReLU(16)}
    last = {"bn2": nn.BatchNorm2d(64), "fc": nn.Linear(64, 32), "features": nn.BatchNorm1d(32)}
    return nn.ModuleDict({**stem, **rows, **last}).state_dict()


MORE = {
    "ECA": (lambda: in_blocks(lambda _: nn.Conv1d(1, 1, 5, bias=False), "eca"), "layer1.0.eca"),
    "PReLU": (lambda: in_blocks(lambda _: nn.PReLU(), "prelu"), "layer1.0.prelu.weight"),
    "ReZero": (lambda: in_blocks(lambda _: Scale(()), "re"), "layer1.0.re.gamma'` (1)"),
    "layer scale": (lambda: in_blocks(lambda c: Scale((c,)), "scale"), "layer1.0.scale.gamma"),
    "insightface": (iresnet, "layer1.0.prelu.weight"),
}


@pytest.mark.parametrize("name", MORE)
def test_blocks_with_more_in_them_are_described_and_not_answered(name: str) -> None:
    make, first = MORE[name]
    with pytest.raises(WeightsError) as problem:
        recognise(saved(make()), "file.pth")
    assert "stand in its blocks that no block here has" in str(problem.value)
    assert first in str(problem.value)


def test_what_profilers_leave_in_blocks_changes_nothing() -> None:
    """thop's counts, one beside each layer."""
    state = layered(plain_names("shortcut"), SMALL, N).state_dict()
    more = {
        f"{key.rsplit('.', 1)[0]}.total_{word}": torch.zeros(1, dtype=torch.float64)
        for key in state if key.startswith("layer") for word in ("ops", "params")
    }  # fmt: skip
    found = recognise(saved({**state, **more}), "file.pth")
    assert found.spec == recognise(saved(state), "file.pth").spec


def clip() -> State:
    """openai/CLIP's ModifiedResNet, the visual part: names and attention pool as there."""
    state = layered(
        bottleneck_names("downsample"), LARGE, TWO, expansion=4, linear="fc", stem_width=16
    ).state_dict()
    made = {
        key: value for key, value in state.items() if not key.startswith(("conv1", "bn1", "fc"))
    }
    for number, (cin, cout) in enumerate(((3, 8), (8, 8), (8, 16)), 1):
        made[f"conv{number}.weight"] = torch.randn(cout, cin, 3, 3)
        made |= below(f"bn{number}.", nn.BatchNorm2d(cout).state_dict())
    made["attnpool.positional_embedding"] = torch.randn(50, 512)
    for name, out in (("k_proj", 512), ("q_proj", 512), ("v_proj", 512), ("c_proj", 64)):
        made |= below(f"attnpool.{name}.", nn.Linear(512, out).state_dict())
    return below("visual.", made)


def test_clip_is_described_and_not_answered() -> None:
    with pytest.raises(WeightsError, match=r"attention in place of an average pool.*attnpool"):
        recognise(saved(clip()), "RN50.pt")


def msra() -> object:
    """detectron2's R-50 of MSRA: norms folded into scale and shift, pixels as Caffe's."""
    arrays = pickle.loads(detectron_pickle(torchvision(1000, stride_on=1)))["model"]
    found = {key: torch.tensor(value) for key, value in arrays.items()}
    for key, value in found.items():
        if key.endswith("running_mean"):
            value.zero_()
        elif key.endswith("running_var"):
            value.fill_(1 - 1e-5)
        elif key.endswith("norm.weight"):
            nn.init.uniform_(value, 0.5, 1.5)
    return {"model": found}


def test_folded_norms_say_whose_network_it_is_where_they_tell_nothing_else() -> None:
    found = recognise(saved(msra()), "R-50.pkl")
    titles = [title for title, _ in found.notes]
    assert found.spec.stride_on == "1x1" and len(found.readings) == 2
    assert {"stride first, detectron", "frozen"} <= set(titles) and "never updated" not in titles
    assert not readings.has_memory(load(found.spec, found.tensors))
    # The same names with statistics: torchvision's network, converted, has its stride on the 3x3.
    living = pickle.loads(detectron_pickle(torchvision(1000)))["model"]
    for key in living:
        if key.endswith("running_mean"):
            living[key] += 0.1
    found = recognise(pickle.dumps(living), "R-50.pkl")
    assert found.spec.stride_on == "3x3"
    assert "stride first, detectron" not in [title for title, _ in found.notes]


def test_that_nobody_knows_the_number_of_groups_is_said() -> None:
    state = layered(plain_names("shortcut"), SMALL, N).state_dict()
    bare = {
        key: value for key, value in state.items() if "running" not in key and "num_" not in key
    }
    assert ("groups untold", {"groups": 32}) in recognise(saved(bare), "file.pth").notes
    assert "groups untold" not in [title for title, _ in recognise(saved(state), "f.pth").notes]
