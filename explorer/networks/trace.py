"""One real forward pass, measured and held against the blueprint."""

from collections import Counter
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import torch
from torch import Tensor

from explorer.architecture import Blueprint, Shape, blueprint
from explorer.architecture.image_size import size_of
from explorer.networks.devices import synchronise
from explorer.networks.resnet import ResNet
from explorer.words import section

_MORE_PASSES: Final = 2
_MORE_PASSES_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class MeasuredOp:
    """What one op really wrote, (C, H, W), and how long it took, in seconds."""

    path: str
    out_shape: Shape
    seconds: float


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Something that is not as foretold: a section of words/trace.md, and its values."""

    title: str
    values: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        return section("trace", self.title, **dict(self.values))


def _mismatch(title: str, **values: Any) -> Mismatch:
    return Mismatch(title, tuple(values.items()))


@dataclass(frozen=True, slots=True)
class Trace:
    """A measured forward pass beside the blueprint that foretold it.

    `found` is empty if every op ran once, in the foretold order, and wrote the foretold
    shape, and if the network holds exactly the foretold number of parameters. Where an op could
    not run at all, `ops` ends before it.
    """

    blueprint: Blueprint
    ops: tuple[MeasuredOp, ...]
    found: tuple[Mismatch, ...]
    device: str

    @property
    def agrees(self) -> bool:
        return not self.found

    @property
    def mismatches(self) -> tuple[str, ...]:
        """What was found, in words."""
        return tuple(map(str, self.found))

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
    """Run images x, (N, C, H, W), through the network and measure every op.

    The first pass pays for allocation and for the choice of kernels. Then up to three passes are
    measured, as long as they take less than a second together, and each op's fastest time counts:
    what else the machine does meanwhile only ever adds to it.

    Raises:
        ValueError: x is not a batch of images that the network's blueprint allows.
        torch.OutOfMemoryError: the accelerator's memory is too small.
    """
    if x.ndim != 4:
        raise ValueError(f"x has shape {tuple(x.shape)}; (N, C, H, W) is needed")
    foretold = blueprint(network.spec, size_of(x.shape[2], x.shape[3]))
    if foretold.in_shape != tuple(x.shape[1:]):
        raise ValueError(f"x has {x.shape[1]} channels; the network takes {foretold.in_shape[0]}")
    with torch.inference_mode():
        ops, failure = _measure(network, x)
        if failure is None:
            ops = _fastest(network, x)
    found = sum(parameter.numel() for parameter in network.parameters())
    mismatches = _differences(foretold, ops, failure)
    if found != foretold.params:
        mismatches.append(_mismatch("parameters", found=found, foretold=foretold.params))
    return Trace(foretold, tuple(ops), tuple(mismatches), str(x.device))


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
    except (RuntimeError, ValueError) as problem:  # what torch cannot normalise is the latter
        return ops, str(problem).partition("\n")[0]
    return ops, None


def _differences(foretold: Blueprint, ops: list[MeasuredOp], failure: str | None) -> list[Mismatch]:
    expected = {op.path: op.out_shape for op in foretold.ops}
    runs = Counter(op.path for op in ops)
    missing = [path for path in expected if path not in runs]
    differences = [
        _mismatch("ran often", path=path, times=times)
        if path in expected
        else _mismatch("not foretold", path=path)
        for path, times in runs.items()
        if path not in expected or times > 1
    ]
    differences += [
        _mismatch("shape", path=op.path, found=op.out_shape, foretold=expected[op.path])
        for op in ops
        if op.path in expected and op.out_shape != expected[op.path]
    ]
    if failure is not None and missing:
        differences.append(_mismatch("could not run", path=missing[0], failure=failure))
    elif failure is not None:
        differences.append(_mismatch("network could not run", failure=failure))
    elif missing:
        differences += [_mismatch("did not run", path=path) for path in missing]
    elif not differences and list(expected) != list(runs):
        differences.append(_mismatch("order"))
    return differences
