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
    eps: float = 1e-5

    def conv(self, name, x, stride=1, groups=1, apart=1):
        """`apart`: how far the kernel's taps are from each other, in pixels."""
        weight, bias = self.state[f"{name}.weight"], self.state.get(f"{name}.bias")
        if apart > 1:  # the same kernel with rows and columns of zeros between its own
            side = apart * (weight.shape[-1] - 1) + 1
            spread = torch.zeros(*weight.shape[:2], side, side, dtype=weight.dtype)
            spread[:, :, ::apart, ::apart] = weight
            weight = spread
        padding = (weight.shape[-1] - 1) // 2
        return F.conv2d(x, weight, bias, stride, padding, 1, groups)

    def norm(self, name, x):
        if f"{name}.weight" not in self.state:
            return x
        gamma, beta = self.state[f"{name}.weight"], self.state[f"{name}.bias"]
        if f"{name}.running_mean" not in self.state:
            return self.group_norm(x, gamma, beta)
        mean, var = self.state[f"{name}.running_mean"], self.state[f"{name}.running_var"]
        return F.batch_norm(x, mean, var, gamma, beta, self.training, eps=self.eps)

    def group_norm(self, x, gamma, beta):
        """Wu and He 2018: mean and variance over 32 groups of channels, of one image."""
        n, c, h, w = x.shape
        groups = next(count for count in (32, 16, 8, 4, 2, 1) if c % count == 0)
        parts = x.reshape(n, groups, -1)
        mean = parts.mean(-1, keepdim=True)
        var = ((parts - mean) ** 2).mean(-1, keepdim=True)
        y = ((parts - mean) / (var + self.eps).sqrt()).reshape(n, c, h, w)
        return y * gamma[:, None, None] + beta[:, None, None]

    def gated(self, name, x):
        """Hu et al. 2018: each channel times a number from 0 to 1."""
        if f"{name}.se.fc1.weight" not in self.state:
            return x
        z = x.mean((2, 3))
        for layer, squash in (("fc1", torch.relu), ("fc2", torch.sigmoid)):
            weight = self.state[f"{name}.se.{layer}.weight"][:, :, 0, 0]
            z = squash(z @ weight.T + self.state[f"{name}.se.{layer}.bias"])
        return x * z[:, :, None, None]


def means_of_four(x):
    """2x2 average pooling; the last row and column of an odd size have fewer to average."""
    rows = [x[:, :, i : i + 2].mean(2) for i in range(0, x.shape[2], 2)]
    x = torch.stack(rows, 2)
    return torch.stack([x[..., i : i + 2].mean(-1) for i in range(0, x.shape[3], 2)], 3)


def option_a(x, channels, stride, spec):
    """Every stride-th pixel, or means, and zeros in the new channels (paper, section 3.3)."""
    pools = spec.avg_down and stride == 2
    kept = means_of_four(x) if pools else x[:, :, ::stride, ::stride]
    padded = torch.zeros(x.shape[0], channels, *kept.shape[2:], dtype=x.dtype)
    first = (channels - x.shape[1]) // 2 if spec.zero_padding == "both" else 0
    padded[:, first : first + x.shape[1]] = kept
    return padded


def shortcut(w, name, x, channels, stride, spec):
    """What is added to F(x), or None in a plain network."""
    rule = spec.shortcut
    if rule == "none":
        return None
    changes = stride != 1 or x.shape[1] != channels
    if rule == "projection-always" or (changes and rule == "projection"):
        if not spec.avg_down:
            return w.norm(f"{name}.downsample.1", w.conv(f"{name}.downsample.0", x, stride))
        x = means_of_four(x) if stride == 2 else x
        return w.norm(f"{name}.downsample.2", w.conv(f"{name}.downsample.1", x))
    return option_a(x, channels, stride, spec) if changes else x


def plus(y, other):
    return y if other is None else y + other


def basic(w, name, x, channels, stride, spec, apart):
    """Deep Residual Learning, Figure 5 left."""
    y = F.relu(w.norm(f"{name}.bn1", w.conv(f"{name}.conv1", x, stride, 1, apart[0])))
    y = w.gated(name, w.norm(f"{name}.bn2", w.conv(f"{name}.conv2", y, 1, 1, apart[1])))
    return F.relu(plus(y, shortcut(w, name, x, channels, stride, spec)))


def bottleneck(w, name, x, channels, stride, spec, apart):
    """Figure 5 right; the stride on the first 1x1 (v1) or on the 3x3 (v1.5)."""
    first, second = (stride, 1) if spec.stride_on == "1x1" else (1, stride)
    y = F.relu(w.norm(f"{name}.bn1", w.conv(f"{name}.conv1", x, first)))
    y = F.relu(w.norm(f"{name}.bn2", w.conv(f"{name}.conv2", y, second, spec.groups, apart[0])))
    y = w.gated(name, w.norm(f"{name}.bn3", w.conv(f"{name}.conv3", y)))
    return F.relu(plus(y, shortcut(w, name, x, channels, stride, spec)))


def entrance(w, name, x, channels, stride, spec, follows_bare_stem):
    """Identity Mappings: the first BN-ReLU, and what the shortcut reads. Where the shortcut is
    not the identity, and in the very first unit after a bare convolution, both branches share
    the activated x, where the spec does not say otherwise."""
    y = F.relu(w.norm(f"{name}.bn1", x))
    identity = stride == 1 and x.shape[1] == channels and spec.shortcut != "projection-always"
    shares = follows_bare_stem or (spec.share_projection and not identity)
    return y, shortcut(w, name, y if shares else x, channels, stride, spec)


def pre_basic(w, name, x, channels, stride, spec, apart, follows_bare_stem):
    y, skip = entrance(w, name, x, channels, stride, spec, follows_bare_stem)
    y = w.conv(f"{name}.conv1", y, stride, 1, apart[0])
    y = w.conv(f"{name}.conv2", F.relu(w.norm(f"{name}.bn2", y)), 1, 1, apart[1])
    return plus(w.gated(name, y), skip)


def pre_bottleneck(w, name, x, channels, stride, spec, apart, follows_bare_stem):
    first, second = (stride, 1) if spec.stride_on == "1x1" else (1, stride)
    y, skip = entrance(w, name, x, channels, stride, spec, follows_bare_stem)
    y = w.conv(f"{name}.conv1", y, first)
    y = w.conv(f"{name}.conv2", F.relu(w.norm(f"{name}.bn2", y)), second, spec.groups, apart[0])
    y = w.conv(f"{name}.conv3", F.relu(w.norm(f"{name}.bn3", y)))
    return plus(w.gated(name, y), skip)


def entry(w, x, spec):
    """The stem; what it reads apart from its output is how many image pixels a step is."""
    pools = spec.stem in ("imagenet", "deep", "3x3_pool")
    step = 2 if spec.stem in ("imagenet", "deep", "3x3_stride2") else 1
    if spec.stem == "deep":  # Bag of Tricks, Figure 2: ResNet-C
        for convolution, norm, stride in ((0, 1, 2), (3, 4, 1)):
            x = w.conv(f"conv1.{convolution}", x, stride)
            x = F.relu(w.norm(f"conv1.{norm}", x))
        x = w.conv("conv1.6", x)
    else:
        x = w.conv("conv1", x, step)
    bare = spec.activation_order == "pre" and not pools
    if spec.activation_order == "pre" and spec.stem_norm != "where_pooled":
        bare = spec.stem_norm == "never"
    if not bare:
        x = F.relu(w.norm("bn1", x))
    if pools:
        x, step = F.max_pool2d(x, 3, 2, 1), 2 * step
    return x, step, bare


def logits(spec, state, x, training=False):
    """Of images x, (N, C, H, W), with the weights of `state`."""
    w = Weights(state, training, spec.norm_eps)
    pre = spec.activation_order == "pre"
    x, step, bare = entry(w, x, spec)
    times = spec.expansion or (4 if spec.block == "bottleneck" else 1)
    apart = 1
    for stage, (depth, width) in enumerate(zip(spec.depths, spec.widths, strict=True), start=1):
        before, stride = apart, 2 if stage > 1 else 1
        if stride == 2 and spec.output_stride and 2 * step > spec.output_stride:
            apart, stride = 2 * apart, 1  # the taps go apart instead of the pixels together
        step *= stride
        for position in range(depth):
            name, channels = f"layer{stage}.{position}", times * width
            taps = (apart if position else before, apart)
            stride = stride if position == 0 else 1
            if pre:
                unit = pre_basic if spec.block == "basic" else pre_bottleneck
                first = bare and stage == 1 and position == 0 and spec.share_first
                x = unit(w, name, x, channels, stride, spec, taps, first)
            else:
                unit = basic if spec.block == "basic" else bottleneck
                x = unit(w, name, x, channels, stride, spec, taps)
    if pre and spec.final_norm:
        x = F.relu(w.norm("final_bn", x))
    x = F.adaptive_avg_pool2d(x, 1).flatten(1)
    return F.linear(x, state["fc.weight"], state["fc.bias"])
