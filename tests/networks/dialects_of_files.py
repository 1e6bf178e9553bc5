"""State dicts as other projects name and order them, told by hand: our tensors under their names.

Each takes the state dict of one of our networks and gives what a file of that project holds.
"""

import random
import re

from torch import Tensor

State = dict[str, Tensor]


def _renamed(state: State, *pairs: tuple[str, str]) -> State:
    found = {}
    for key, value in state.items():
        for pattern, words in pairs:
            key = re.sub(pattern, words, key)
        found[key] = value
    return found


def hugging_face(state: State) -> State:
    """transformers.ResNetForImageClassification: the shortcut is defined before the layers."""
    first = [key for key in state if ".downsample." in key]
    order = sorted(state, key=lambda key: (_block(key), key not in first))
    layers = ((r"conv(\d)", "convolution"), (r"bn(\d)", "normalization"))
    found = {}
    for key in order:
        new = re.sub(
            r"^layer(\d)\.(\d+)\.",
            lambda m: f"resnet.encoder.stages.{int(m[1]) - 1}.layers.{m[2]}.",
            key,
        )
        new = new.replace("downsample.0", "shortcut.convolution")
        new = new.replace("downsample.1", "shortcut.normalization")
        for pattern, word in layers:
            new = re.sub(
                rf"(layers\.\d+)\.{pattern}",
                lambda m, w=word: f"{m[1]}.layer.{int(m[2]) - 1}.{w}",
                new,
            )
        new = re.sub(r"^conv1", "resnet.embedder.embedder.convolution", new)
        new = re.sub(r"^bn1", "resnet.embedder.embedder.normalization", new)
        found[re.sub(r"^fc", "classifier.1", new)] = state[key]
    return found


def _block(key: str) -> tuple[int, int]:
    match = re.match(r"layer(\d+)\.(\d+)", key)
    if match:
        return int(match[1]), int(match[2])
    return (0, 0) if key.startswith(("conv1", "bn1")) else (99, 0)


def detectron(state: State) -> State:
    """detectron2's names, letter by letter: the stem comes last; no counters, no classifier's
    name that says so."""
    found = _renamed(
        {key: value for key, value in state.items() if "num_batches" not in key},
        (r"^layer(\d)", lambda m: f"backbone.bottom_up.res{int(m[1]) + 1}"),
        (r"\.downsample\.0", ".shortcut"),
        (r"\.downsample\.1", ".shortcut.norm"),
        (r"(res\d\.\d+)\.bn(\d)", r"\1.conv\2.norm"),
        (r"^conv1", "backbone.bottom_up.stem.conv1"),
        (r"^bn1", "backbone.bottom_up.stem.conv1.norm"),
        (r"^fc", "backbone.bottom_up.linear"),
    )
    return dict(sorted(found.items()))


def d2l(state: State) -> State:
    """Nested nn.Sequential without names: 0.0, 0.1, then 1 to 4, then a linear layer."""
    return _renamed(
        state,
        (r"^layer(\d)", r"\1"),
        (r"\.downsample\.0", ".conv9"),
        (r"\.downsample\.1", ".bn9"),
        (r"^conv1", "0.0"),
        (r"^bn1", "0.1"),
        (r"^fc", "6"),
    )


def mxnet(state: State) -> State:
    """Underscores and Greek letters; the statistics stand behind all other tensors."""
    found = _renamed(
        {key: value for key, value in state.items() if "num_batches" not in key},
        (r"^layer(\d)\.(\d+)\.", lambda m: f"stage{m[1]}_unit{int(m[2]) + 1}_"),
        (r"downsample\.0", "sc"),
        (r"downsample\.1", "bn_sc"),
        (r"^conv1", "conv0"),
        (r"^bn1", "bn0"),
        (r"^final_bn", "bn1"),
        (r"^fc", "fc1"),
        (r"(bn\w*)\.weight", r"\1.gamma"),
        (r"(bn\w*)\.bias", r"\1.beta"),
        (r"running", "moving"),
        (r"\.", "_"),
    )
    return {k: v for k, v in found.items() if "moving" not in k} | {
        k: v for k, v in found.items() if "moving" in k
    }


def keras(state: State) -> State:
    """keras.applications: kernels are (height, width, in, out), the shortcut is convolution 0."""
    found = {}
    for key, value in state.items():
        if "num_batches" in key:
            continue
        new = re.sub(
            r"^layer(\d)\.(\d+)\.", lambda m: f"conv{int(m[1]) + 1}_block{int(m[2]) + 1}_", key
        )
        new = new.replace("downsample.0", "0_conv").replace("downsample.1", "0_bn")
        new = re.sub(r"_conv(\d)", r"_\1_conv", new)
        new = re.sub(r"_bn(\d)", r"_\1_bn", new)
        new = re.sub(r"^conv1\.", "conv1_conv.", new)
        new = re.sub(r"^bn1\.", "conv1_bn.", new)
        new = re.sub(r"^fc", "predictions", new)
        layer, leaf = new.rsplit(".", 1)
        if value.ndim in (2, 4):
            leaf = "kernel"
            value = value.t() if value.ndim == 2 else value.permute(2, 3, 1, 0)
        elif layer.endswith("bn"):
            leaf = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean",
                    "running_var": "moving_variance"}[leaf]  # fmt: skip
        found[f"{layer}/{leaf}:0"] = value.contiguous()
    return found


def fastai(state: State) -> State:
    """A learner's body is child 0 without names, its head child 1."""
    names = {"conv1": 0, "bn1": 1, "layer1": 4, "layer2": 5, "layer3": 6, "layer4": 7}
    found = {}
    for key, value in state.items():
        first, rest = key.split(".", 1)
        head = "1.8" if first == "fc" else "1.2"
        found[f"0.{names[first]}.{rest}" if first in names else f"{head}.{rest}"] = value
    return {"model": found, "opt": None}  # type: ignore[dict-item]


def convolutions_first(state: State) -> State:
    """In each block all convolutions are defined before all norms, the shortcut before both."""
    kinds = ("downsample.0", "conv", "downsample.1", "bn")

    def order(key: str) -> tuple[tuple[int, int], int]:
        return _block(key), next((i for i, kind in enumerate(kinds) if kind in key), 9)

    return _renamed({key: state[key] for key in sorted(state, key=order)}, (r"downsample", "skip"))


def residual_function(state: State) -> State:
    """The main branch is one Sequential, and so is the shortcut, which stands first."""
    order = sorted(state, key=lambda key: (_block(key), "downsample" not in key))
    return _renamed(
        {key: state[key] for key in order},
        (r"^layer(\d)", lambda m: f"conv{int(m[1]) + 1}_x"),
        (r"^conv1", "conv1.0"),
        (r"^bn1", "conv1.1"),
        (r"(x\.\d+)\.conv(\d)", lambda m: f"{m[1]}.residual_function.{3 * int(m[2]) - 3}"),
        (r"(x\.\d+)\.bn(\d)", lambda m: f"{m[1]}.residual_function.{3 * int(m[2]) - 2}"),
        (r"downsample", "shortcut"),
    )


def contrastive(state: State) -> State:
    """MoCo: a query encoder, a key encoder and a queue, wrapped for many devices."""
    import torch

    found = {f"module.encoder_q.{key}": value for key, value in state.items()}
    found |= {f"module.encoder_k.{key}": value + 1 for key, value in state.items()}
    return found | {"module.queue": torch.randn(128, 256), "module.queue_ptr": torch.zeros(1)}


def lightning(state: State) -> State:
    """A module of Lightning around a body and a head of its own, with a metric and a loss."""
    import torch

    found = {
        f"net.head.{key[3:]}" if key.startswith("fc.") else f"net.backbone.{key}": value
        for key, value in state.items()
    }
    return {
        "state_dict": found | {"loss.weight": torch.ones(7), "val_acc.total": torch.ones(3)},
        "pytorch-lightning_version": "2.0",
    }  # type: ignore[dict-item]


def letter_by_letter(state: State) -> State:
    return dict(sorted(state.items()))


def opaque(state: State) -> State:
    """No names at all, in torch's order."""
    return {f"v{index}": value for index, value in enumerate(state.values())}


def random_modules(state: State) -> State:
    """Every module under a random name, in its own order."""
    draw = random.Random(3)
    names: dict[str, str] = {}
    found = {}
    for key, value in state.items():
        module, leaf = key.rsplit(".", 1)
        if module not in names:
            names[module] = "".join(draw.choices("abcdefgh", k=9))
        found[f"{names[module]}.{leaf}"] = value
    return found


def shuffled(state: State) -> State:
    """Every module under a random name, in no order: only the network can be told."""
    found = list(random_modules(state).items())
    modules: dict[str, list[tuple[str, Tensor]]] = {}
    for key, value in found:
        modules.setdefault(key.rsplit(".", 1)[0], []).append((key, value))
    order = list(modules.values())
    random.Random(5).shuffle(order)
    return dict(pair for module in order for pair in module)


DIALECTS = (
    hugging_face, detectron, d2l, mxnet, keras, fastai, convolutions_first, residual_function,
    contrastive, lightning, letter_by_letter, opaque, random_modules,
)  # fmt: skip
