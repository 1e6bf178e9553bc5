"""One real forward pass, measured and held against the blueprint."""

from collections import Counter
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import torch
from torch import Tensor

from explorer.architecture import Blueprint, Shape, blueprint
from explorer.networks.devices import synchronise
from explorer.networks.resnet import ResNet

_MORE_PASSES: Final = 2
_MORE_PASSES_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class MeasuredOp:
    """What one op really wrote, (C, H, W), and how long it took, in seconds."""

    path: str
    out_shape: Shape
    seconds: float


@dataclass(frozen=True, slots=True)
class Trace:
    """A measured forward pass beside the blueprint that foretold it.

    `mismatches` is empty if every op ran once, in the foretold order, and wrote the foretold
    shape, and if the network holds exactly the foretold number of parameters. Where an op could
    not run at all, `ops` ends before it.
    """

    blueprint: Blueprint
    ops: tuple[MeasuredOp, ...]
    mismatches: tuple[str, ...]
    device: str
    batch_size: int

    @property
    def agrees(self) -> bool:
        return not self.mismatches

    @property
    def seconds(self) -> float:
        """Of all ops together; on an accelerator each was waited for."""
        return sum(op.seconds for op in self.ops)

    @property
    def seconds_by_part(self) -> dict[str, float]:
        """Path of each block, stem and head included -> seconds."""
        by_path = {op.path: op.seconds for op in self.ops}
        return {
            part.path: sum(by_path.get(op.path, 0.0) for op in part.ops)
            for part in self.blueprint.parts
        }


def trace(network: ResNet, x: Tensor) -> Trace:
    """Run square images x, (N, C, H, H), through the network and measure every op.

    The first pass pays for allocation and for the choice of kernels. Then up to three passes are
    measured, as long as they take less than a second together, and each op's fastest time counts:
    what else the machine does meanwhile only ever adds to it.

    Raises:
        ValueError: x is not a batch of square images that the network's blueprint allows.
        torch.OutOfMemoryError: the accelerator's memory is too small.
    """
    if x.ndim != 4 or x.shape[2] != x.shape[3]:
        raise ValueError(f"x has shape {tuple(x.shape)}; (N, C, H, H) is needed")
    foretold = blueprint(network.spec, x.shape[2])
    if foretold.in_shape != tuple(x.shape[1:]):
        raise ValueError(f"x has {x.shape[1]} channels; the network takes {foretold.in_shape[0]}")
    with torch.inference_mode():
        ops, failure = _measure(network, x)
        if failure is None:
            ops = _fastest(network, x)
    found = sum(parameter.numel() for parameter in network.parameters())
    mismatches = _differences(foretold, ops, failure)
    if found != foretold.params:
        mismatches.append(f"the network holds {found:,} parameters, not {foretold.params:,}")
    return Trace(foretold, tuple(ops), tuple(mismatches), str(x.device), x.shape[0])


def _fastest(network: ResNet, x: Tensor) -> list[MeasuredOp]:
    """The same ops from several passes, each with its shortest time."""
    best, _ = _measure(network, x)
    end = perf_counter() + _MORE_PASSES_S - sum(op.seconds for op in best)
    for _ in range(_MORE_PASSES):
        if perf_counter() > end:
            break
        again, _ = _measure(network, x)
        best = [min(pair, key=lambda op: op.seconds) for pair in zip(best, again, strict=True)]
    return best


def _measure(network: ResNet, x: Tensor) -> tuple[list[MeasuredOp], str | None]:
    """The ops that ran, and torch's complaint if one of them could not."""
    ops = []
    synchronise(x.device)
    start = perf_counter()
    try:
        for path, out in network.walk(x):
            synchronise(x.device)
            now = perf_counter()
            ops.append(MeasuredOp(path, tuple(out.shape[1:]), now - start))
            start = perf_counter()
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as problem:
        return ops, str(problem).partition("\n")[0]
    return ops, None


def _differences(foretold: Blueprint, ops: list[MeasuredOp], failure: str | None) -> list[str]:
    expected = {op.path: op.out_shape for op in foretold.ops}
    runs = Counter(op.path for op in ops)
    missing = [path for path in expected if path not in runs]
    differences = [
        f"{path} ran and was not foretold" if path not in expected else f"{path} ran {count} times"
        for path, count in runs.items()
        if path not in expected or count > 1
    ]
    differences += [
        f"{op.path} wrote {op.out_shape}, foretold was {expected[op.path]}"
        for op in ops
        if op.path in expected and op.out_shape != expected[op.path]
    ]
    if failure is not None:
        differences.append(f"{missing[0] if missing else 'the network'} could not run: {failure}")
    elif missing:
        differences += [f"{path} was foretold and did not run" for path in missing]
    elif not differences and list(expected) != list(runs):
        differences.append("the ops ran in another order than foretold")
    return differences
