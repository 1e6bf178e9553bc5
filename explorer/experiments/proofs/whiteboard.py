"""The code of the cards, run against torch's own."""

from functools import partial

import torch
from torch import nn
from torch.nn import functional

from explorer.experiments.proofs import written_out
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, noise
from explorer.networks.torchvision_import import torchvision

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/whiteboard")


def batch_norm() -> Found:
    """Outputs and running statistics in both modes, against nn.BatchNorm2d."""
    layer = nn.BatchNorm2d(4)
    gamma, beta = noise(4, seed=1), noise(4, seed=2)
    layer.load_state_dict({"weight": gamma, "bias": beta}, strict=False)
    running = {"mean": torch.zeros(4), "var": torch.ones(4)}
    lines = []
    with torch.no_grad():
        for training in (True, False):
            x = noise(6, 4, 5, 5, seed=3) * 2 + 1
            own = written_out.batch_norm(x, gamma, beta, running, training)
            gap = (layer.train(training)(x) - own).abs().max().item()
            mode = "train" if training else "eval"
            lines.append(_same(say(f"about: output in {mode}"), gap))
    kept = dict(layer.named_buffers())["running_var"]
    lines.append(_same(say("about: running variance"), (kept - running["var"]).abs().max().item()))
    return lines, say("how: batch norm")


def basic_block() -> Found:
    """Outputs of a solid and a dashed block, against torchvision's with the same weights."""
    lines = []
    for name, c_out, stride in (("solid", 8, 1), ("dashed", 16, 2)):
        own = written_out.BasicBlock(8, c_out, stride).eval()
        down = own.downsample if isinstance(own.downsample, nn.Sequential) else None
        theirs = torchvision.models.resnet.BasicBlock(8, c_out, stride, down).eval()
        theirs.load_state_dict(own.state_dict())
        x = noise(2, 8, 12, 12)
        with torch.inference_mode():
            gap = (own(x) - theirs(x)).abs().max().item()
        lines.append(_same(say(f"about: {name} block"), gap))
    return lines, say("how: basic block")


def receptive_field() -> Found:
    """ResNet-50's last map, with the stride on the 1x1 and on the 3x3."""
    lines = []
    for name, claimed in (("v1", 483), ("v1.5", 427)):
        layers = [(7, 2), (3, 2)]
        for stage, blocks in enumerate((3, 4, 6, 3)):
            for block in range(blocks):
                stride = 2 if stage and not block else 1
                first, middle = (stride, 1) if name == "v1" else (1, stride)
                layers += [(1, first), (3, middle), (1, 1)]
        found = written_out.receptive_field(layers)
        lines.append(exact(say("about: field", name=name), claimed, found))
    return lines, say("how: receptive field")


def zero_weights() -> Found:
    """Gradients of a residual branch of two layers that starts at zero."""
    both, last = _gradient(first=0.0), _gradient(first=0.2)
    return [
        fact(say("about: both layers zero"), say("claimed: stands still"), f"{both:g}", both == 0),
        fact(say("about: the last layer zero"), say("claimed: learns"), f"{last:.2g}", last > 1e-3),
    ], say("how: zero weights")


def _gradient(first: float) -> float:
    """Largest gradient of x + relu(x W) V with W of this scale and V = 0."""
    x, target = noise(64, 16), noise(64, 16, seed=1)
    w = (first * noise(16, 16, seed=2)).requires_grad_()
    v = torch.zeros(16, 16, requires_grad=True)
    loss = ((x + functional.relu(x @ w) @ v - target) ** 2).mean()
    return max(float(g.abs().max()) for g in torch.autograd.grad(loss, (w, v)))


def _same(what: Text, gap: float) -> Line:
    return fact(
        what, say("claimed: as torch does"), say("computed: differ by", gap=gap), gap < 1e-5
    )
