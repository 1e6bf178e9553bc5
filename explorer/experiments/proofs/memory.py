"""What autograd keeps for the backward pass, and what checkpointing saves of it."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint_sequential

from explorer.architecture.named import blueprint_named
from explorer.experiments.proofs.built import numel
from explorer.experiments.proofs.result import Line, Said, Text, exact, fact, near, noise
from explorer.networks import build

Found = tuple[list[Line], Text]
say = partial(Said, "proofs/costs")


def training_memory() -> Found:
    """What autograd keeps of one image in ResNet-50 until the backward pass, counted once each."""
    network = build(blueprint_named("resnet50").spec).train()
    kept, _ = _kept_of_a_pass(network, lambda: network(torch.zeros(1, 3, 224, 224)).sum())
    per_image = kept / 1e6
    weights = 4 * numel(network) / 1e6
    return [
        near(say("about: kept per image"), "86", per_image, 0.5, " MB"),
        near(say("about: kept for 32"), "2.8", 32 * per_image / 1e3, 0.05, " GB"),
        near(say("about: weights in float32"), "102", weights, 0.5, " MB"),
        near(say("about: with sgd"), "307", 3 * weights, 0.5, " MB"),
    ], say("how: training memory")


def checkpointing() -> Found:
    """36 layers with every activation kept, and in 6 segments that are computed again."""
    layers = [nn.Sequential(nn.Linear(32, 32), nn.BatchNorm1d(32), nn.Tanh()) for _ in range(36)]
    chain = nn.Sequential(*layers).train()
    x = noise(8, 32).requires_grad_()
    usual, out = _kept_of_a_pass(chain, lambda: chain(x))
    (whole,) = torch.autograd.grad(out.pow(2).sum(), x)
    updates = int(chain.get_buffer("7.1.num_batches_tracked"))
    fewer, out = _kept_of_a_pass(
        chain, lambda: checkpoint_sequential(chain, 6, x, use_reentrant=False)
    )
    (saving,) = torch.autograd.grad(out.pow(2).sum(), x)
    again = int(chain.get_buffer("7.1.num_batches_tracked")) - updates
    gap = float((whole - saving).abs().max())
    return [
        fact(say("about: kept with checkpoints"), say("claimed: some of them"),
             say("computed: kept", few=fewer // 4, all=usual // 4), fewer < usual / 3),
        fact(say("about: gradients with checkpoints"), say("claimed: same gradients"),
             say("computed: differ by", gap=gap), gap < 1e-6),
        exact(say("about: updates without"), 1, updates),
        exact(say("about: updates with"), 2, again),
    ], say("how: checkpointing")  # fmt: skip


def _kept_of_a_pass(network: nn.Module, run: Callable[[], Tensor]) -> tuple[int, Tensor]:
    """Bytes that are kept for the backward pass, each tensor counted once and weights left out,
    and what `run` gives, which holds them."""
    own = {parameter.data_ptr() for parameter in network.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        out = run()
    # Before the backward pass of a checkpoint, which keeps what it computes again.
    return sum(kept.values()), out
