"""The code of the cards, run against torch's own."""

from functools import partial

import torch
from torch import nn
from torch.nn import functional

from explorer.architecture.named import title_named
from explorer.experiments.proofs import written_out
from explorer.experiments.proofs.built import macs, numel
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near, noise
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


def batch_norm_backward() -> Found:
    """The three gradients, against autograd through torch's own function."""
    x, dy = 2 * noise(6, 4, 5, 5) + 1, noise(6, 4, 5, 5, seed=3)
    gamma, beta = noise(4, seed=1), noise(4, seed=2)
    leaves = [tensor.requires_grad_() for tensor in (x, gamma, beta)]
    out = functional.batch_norm(x, None, None, gamma, beta, training=True)
    theirs = torch.autograd.grad(out, leaves, dy)
    with torch.no_grad():
        own = written_out.batch_norm_backward(dy, x, gamma)
    return [
        _same(say(f"about: gradient to {name}"), float((a - b).abs().max()))
        for name, a, b in zip(("x", "gamma", "beta"), own, theirs, strict=True)
    ], say("how: batch norm backward")


def bottleneck() -> Found:
    """Outputs of three bottlenecks, against torchvision's with the same weights."""
    lines = []
    for name, c_in, stride in (("solid", 32, 1), ("wider", 8, 1), ("dashed", 16, 2)):
        own = written_out.Bottleneck(c_in, 8, stride).eval()
        down = own.downsample if isinstance(own.downsample, nn.Sequential) else None
        theirs = torchvision.models.resnet.Bottleneck(c_in, 8, stride, down).eval()
        theirs.load_state_dict(own.state_dict())
        x = noise(2, c_in, 12, 12)
        with torch.inference_mode():
            gap = (own(x) - theirs(x)).abs().max().item()
        lines.append(_same(say(f"about: {name} bottleneck"), gap))
    return lines, say("how: bottleneck")


def resnet18() -> Found:
    """The whole network: names and shapes, parameters, and logits with the same weights."""
    own, theirs = written_out.ResNet18().eval(), torchvision.models.resnet18().eval()
    expected = {name: tensor.shape for name, tensor in theirs.state_dict().items()}
    alike = expected == {name: tensor.shape for name, tensor in own.state_dict().items()}
    gap = float("inf")
    if alike:
        own.load_state_dict(theirs.state_dict())
        x = noise(1, 3, 96, 96)
        with torch.inference_mode():
            gap = (own(x) - theirs(x)).abs().max().item()
    counted = sum(parameter.numel() for parameter in own.parameters())
    return [
        fact(say("about: names and shapes"), say("claimed: names"), str(len(expected)), alike),
        exact(say("about: parameters"), 11_689_512, counted),
        _same(say("about: logits"), gap),
    ], say("how: resnet18")


def count_resnet() -> Found:
    """The counts by hand of ResNet-50, 101 and 152, against torchvision's networks."""
    lines = []
    for name, blocks, params, multiply_adds in (
        ("resnet50", (3, 4, 6, 3), 25_557_032, 4_089_184_256),
        ("resnet101", (3, 4, 23, 3), 44_549_160, 7_801_405_440),
        ("resnet152", (3, 8, 36, 3), 60_192_808, 11_513_626_624),
    ):
        with torch.device("meta"):
            network = getattr(torchvision.models, name)().eval()
        own = written_out.count_resnet(blocks)
        counted = numel(network), macs(network, 1, 3, 224, 224)
        title = title_named(name)
        lines += [
            _agree(say("about: parameters of", network=title), params, own[0], counted[0]),
            _agree(say("about: macs of", network=title), multiply_adds, own[1], counted[1]),
        ]
    return lines, say("how: count resnet")


def _agree(what: Text, claimed: int, by_hand: int, counted: int) -> Line:
    """What a card says, what its code gives, and what torch counts."""
    return fact(what, f"{claimed:,}", f"{by_hand:,}", claimed == by_hand == counted)


def convolution() -> Found:
    """The matrix product, against torch's convolution; and how much larger the columns are."""
    lines = []
    for name, k, stride, padding in (("3x3", 3, 1, 1), ("strided", 3, 2, 1), ("7x7", 7, 2, 3)):
        x, weight = noise(2, 3, 20, 20), noise(5, 3, k, k, seed=1) / k
        theirs = functional.conv2d(x, weight, stride=stride, padding=padding)
        own = written_out.convolution(x, weight, stride, padding)
        gap = (own - theirs).abs().max().item() if own.shape == theirs.shape else float("inf")
        lines.append(_same(say(f"about: {name} as a product"), gap))
    x = torch.empty(1, 64, 56, 56, device="meta")
    columns = functional.unfold(x, 3, padding=1)
    return [*lines, exact(say("about: columns over x"), 9, columns.numel() // x.numel())], say(
        "how: convolution"
    )


def decay_groups() -> Found:
    """How ResNet-50's values are divided, and what one step without a gradient does to both."""
    with torch.device("meta"):
        large = torchvision.models.resnet50()
    groups = written_out.decay_groups(large)
    decayed, free = (_values(group) for group in groups)
    network = written_out.BasicBlock(4, 4)
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    optimiser = torch.optim.SGD(written_out.decay_groups(network), lr=1.0)
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimiser.step()
    moved = {
        name for name, parameter in network.named_parameters()
        if not torch.equal(parameter, before[name])
    }  # fmt: skip
    return [
        exact(say("about: values that do not decay"), 54_120, free),
        near(say("about: share that does not decay"), "0.21", 100 * free / (free + decayed), 0.005,
             " %"),
        fact(say("about: moved without a gradient"), say("claimed: kernels only"),
             ", ".join(sorted(moved)), moved == {"conv1.weight", "conv2.weight"}),
    ], say("how: decay groups")  # fmt: skip


def _values(group: dict[str, object]) -> int:
    parameters = group["params"]
    assert isinstance(parameters, list)
    return sum(parameter.numel() for parameter in parameters)


def norm_values() -> Found:
    """What ResNet-50's batch norms learn and keep, layer by layer, and what they start from."""
    network = torchvision.models.resnet50()
    found = written_out.norm_values(network)
    start = {
        (name.rsplit(".", 1)[1], float(value))
        for name, tensor in network.state_dict().items()
        if name.rsplit(".", 1)[0] in found and tensor.ndim
        for value in tensor.unique()
    }
    expected = {("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)}
    return [
        exact(say("about: batch norms"), 53, len(found)),
        fact(say("about: the first one"), "128 and 128",
             "{} and {}".format(*found.get("bn1", (0, 0))), found.get("bn1") == (128, 128)),
        exact(say("about: learned by all"), 53_120, sum(learned for learned, _ in found.values())),
        exact(say("about: kept by all"), 53_120, sum(kept for _, kept in found.values())),
        fact(say("about: start"), say("claimed: start"),
             ", ".join(f"{name} {value:g}" for name, value in sorted(start)), start == expected),
    ], say("how: norm values")  # fmt: skip


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
