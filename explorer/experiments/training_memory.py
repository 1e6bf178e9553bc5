"""One real training step, and what autograd held for it: the proof of the closed form."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from explorer.architecture import NetworkSpec
from explorer.architecture.image_size import ImageSize, sides
from explorer.architecture.saved_tensors import Precision
from explorer.architecture.training_memory import Checkpointing
from explorer.networks import ResNet, build


@dataclass(frozen=True, slots=True)
class Measured:
    """Bytes of all distinct pieces of memory that autograd saved in a forward pass.

    `saved` is without parameters and running statistics; `tensors` counts pieces, `parameters`
    bytes of the network's own that were saved too. `peak` is what the CUDA device had at most
    during the whole step, beside what was there before the network; None elsewhere.
    """

    saved: int
    tensors: int
    parameters: int
    loss: float
    peak: int | None = None


def measure(
    spec: NetworkSpec,
    size: ImageSize,
    batch: int,
    precision: Precision = "float32",
    checkpointing: Checkpointing = "none",
    device: str = "cpu",
) -> Measured:
    """Train an untrained network for one step of plain SGD on random pictures.

    Raises:
        ValueError: train mode is impossible for this network, size and batch.
    """
    on_cuda = device.startswith("cuda")
    before = 0
    if on_cuda:
        torch.cuda.synchronize()
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
    network = build(spec, device).train()
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(batch, spec.in_channels, *sides(size), generator=generator).to(device)
    wanted = torch.randint(spec.num_classes, (batch,), generator=generator).to(device)
    own = {_address(tensor) for tensor in (*network.parameters(), *network.buffers())}
    pieces: dict[int, int] = {}
    alive: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        pieces[_address(tensor)] = tensor.untyped_storage().nbytes()
        # An address may be given out again, so what was seen stays until all is counted.
        alive.append(tensor.detach())
        return tensor

    kind = torch.device(device).type
    half: Any = torch.autocast(kind, torch.bfloat16) if precision == "mixed" else nullcontext()
    with torch.enable_grad():
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor), half:
            out = _forward(network, x) if checkpointing == "blocks" else network(x)
            loss = functional.cross_entropy(out, wanted)
        alive.clear()
        loss.backward()
    with torch.no_grad():
        for parameter in network.parameters():
            assert parameter.grad is not None
            parameter.sub_(parameter.grad, alpha=0.01)
    peak = None
    if on_cuda:
        torch.cuda.synchronize()
        peak = torch.cuda.max_memory_allocated() - before
    theirs = sum(nbytes for address, nbytes in pieces.items() if address in own)
    return Measured(sum(pieces.values()) - theirs, len(pieces), theirs, float(loss.detach()), peak)


def _address(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _forward(network: ResNet, x: Tensor) -> Tensor:
    """The network with a checkpoint at every block."""
    for name in ("conv1", "bn1", "relu", "maxpool"):
        if hasattr(network, name):
            x = getattr(network, name)(x)
    for stage in network.stages:
        blocks = network.get_submodule(stage)
        assert isinstance(blocks, nn.Sequential)
        for block in blocks:
            x = checkpoint(block, x, use_reentrant=True)
    for name in ("final_bn", "final_relu", "avgpool", "flatten", "fc"):
        if hasattr(network, name):
            x = getattr(network, name)(x)
    return x
