"""Forward passes a second time: straight-line functions over a state dict, from the papers' words.

They share nothing with the networks but the names of the weights.
"""

from dataclasses import dataclass

import torch
from torch.nn import functional as F


@dataclass
class Weights:
    """Convolutions and norms by name; a norm that is not in the state dict does nothing."""

    state: dict[str, torch.Tensor]
    training: bool = False

    def conv(self, name, x, stride=1, groups=1):
        weight = self.state[f"{name}.weight"]
        padding = (weight.shape[-1] - 1) // 2
        return F.conv2d(x, weight, self.state.get(f"{name}.bias"), stride, padding, 1, groups)

    def norm(self, name, x):
        if f"{name}.weight" not in self.state:
            return x
        mean, var = self.state[f"{name}.running_mean"], self.state[f"{name}.running_var"]
        gamma, beta = self.state[f"{name}.weight"], self.state[f"{name}.bias"]
        return F.batch_norm(x, mean, var, gamma, beta, self.training)


def option_a(x, channels, stride):
    """Every stride-th pixel, zeros in the new channels (paper, section 3.3)."""
    kept = x[:, :, ::stride, ::stride]
    padded = torch.zeros(x.shape[0], channels, *kept.shape[2:], dtype=x.dtype)
    padded[:, : x.shape[1]] = kept
    return padded


def shortcut(w, name, x, channels, stride, rule):
    """What is added to F(x), or None in a plain network."""
    if rule == "none":
        return None
    changes = stride != 1 or x.shape[1] != channels
    if rule == "projection-always" or (changes and rule == "projection"):
        return w.norm(f"{name}.downsample.1", w.conv(f"{name}.downsample.0", x, stride))
    return option_a(x, channels, stride) if changes else x


def plus(y, other):
    return y if other is None else y + other


def basic(w, name, x, width, stride, spec):
    """Deep Residual Learning, Figure 5 left."""
    y = F.relu(w.norm(f"{name}.bn1", w.conv(f"{name}.conv1", x, stride)))
    y = w.norm(f"{name}.bn2", w.conv(f"{name}.conv2", y))
    return F.relu(plus(y, shortcut(w, name, x, width, stride, spec.shortcut)))


def bottleneck(w, name, x, width, stride, spec):
    """Figure 5 right; the stride on the first 1x1 (v1) or on the 3x3 (v1.5)."""
    first, second = (stride, 1) if spec.stride_on == "1x1" else (1, stride)
    y = F.relu(w.norm(f"{name}.bn1", w.conv(f"{name}.conv1", x, first)))
    y = F.relu(w.norm(f"{name}.bn2", w.conv(f"{name}.conv2", y, second, spec.groups)))
    y = w.norm(f"{name}.bn3", w.conv(f"{name}.conv3", y))
    return F.relu(plus(y, shortcut(w, name, x, 4 * width, stride, spec.shortcut)))


def entrance(w, name, x, channels, stride, spec, follows_bare_stem):
    """Identity Mappings: the first BN-ReLU, and what the shortcut reads. Where the shortcut is
    not the identity, and in the very first unit after a bare convolution, both branches share
    the activated x."""
    y = F.relu(w.norm(f"{name}.bn1", x))
    identity = stride == 1 and x.shape[1] == channels and spec.shortcut != "projection-always"
    shares = follows_bare_stem or not identity
    return y, shortcut(w, name, y if shares else x, channels, stride, spec.shortcut)


def pre_basic(w, name, x, width, stride, spec, follows_bare_stem):
    y, skip = entrance(w, name, x, width, stride, spec, follows_bare_stem)
    y = w.conv(f"{name}.conv1", y, stride)
    y = w.conv(f"{name}.conv2", F.relu(w.norm(f"{name}.bn2", y)))
    return plus(y, skip)


def pre_bottleneck(w, name, x, width, stride, spec, follows_bare_stem):
    first, second = (stride, 1) if spec.stride_on == "1x1" else (1, stride)
    y, skip = entrance(w, name, x, 4 * width, stride, spec, follows_bare_stem)
    y = w.conv(f"{name}.conv1", y, first)
    y = w.conv(f"{name}.conv2", F.relu(w.norm(f"{name}.bn2", y)), second, spec.groups)
    y = w.conv(f"{name}.conv3", F.relu(w.norm(f"{name}.bn3", y)))
    return plus(y, skip)


def logits(spec, state, x, training=False):
    """Of images x, (N, C, H, W), with the weights of `state`."""
    w = Weights(state, training)
    pre, imagenet = spec.activation_order == "pre", spec.stem == "imagenet"
    x = w.conv("conv1", x, 2 if imagenet else 1)
    if imagenet or not pre:
        x = F.relu(w.norm("bn1", x))
    if imagenet:
        x = F.max_pool2d(x, 3, 2, 1)
    for stage, (depth, width) in enumerate(zip(spec.depths, spec.widths, strict=True), start=1):
        for position in range(depth):
            name, stride = f"layer{stage}.{position}", 2 if stage > 1 and position == 0 else 1
            if pre:
                unit = pre_basic if spec.block == "basic" else pre_bottleneck
                bare = not imagenet and stage == 1 and position == 0
                x = unit(w, name, x, width, stride, spec, bare)
            else:
                unit = basic if spec.block == "basic" else bottleneck
                x = unit(w, name, x, width, stride, spec)
    if pre:
        x = F.relu(w.norm("final_bn", x))
    x = F.adaptive_avg_pool2d(x, 1).flatten(1)
    return F.linear(x, state["fc.weight"], state["fc.bias"])
