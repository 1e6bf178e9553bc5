"""A file is tried in a process of its own before this one opens it: some programs crash on some
networks, and a crash would take the app and everybody's pages with it.

What was found is remembered by the file's contents: a file that failed is not tried again, but
for one that was only late.
"""

from __future__ import annotations

import subprocess
import sys
from collections import OrderedDict
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Final

import torch
from torch import Tensor

from explorer.networks.engines import foreign
from explorer.networks.engines.onnx_file import EngineError
from explorer.words import label

TOLERANCE: Final = 1e-4
"""Of the largest logit: further apart from the network's own answer, an engine is not used."""
PATIENCE_S: Final = 120.0
"""On the clock; ResNet-152 takes some ten seconds of a core."""
_MOST_REMEMBERED: Final = 1_000
_SCRIPT: Final = Path(foreign.__file__)

_found: OrderedDict[tuple[str, bytes, bool], EngineError | None] = OrderedDict()
_lock = Lock()


def passed(
    engine: str, file: bytes, images: Tensor, wanted: Tensor, threads: int, paged: bool = False
) -> None:
    """Return if the engine answers for this file as the network does.

    Args:
        engine: its id, see foreign.session.
        file: the network as ONNX.
        images: (N, C, H, W) on the CPU, of the shape that the file is for.
        wanted: the network's own logits for them, (N, K).
        threads: of the processor.
        paged: the file's weights may lie on the disk, see foreign.Pages.

    Raises:
        EngineError: it crashes, takes too long, gives up, or answers otherwise.
    """
    key = engine, blake2b(file, digest_size=16).digest(), paged
    with _lock:
        known = key in _found
        problem = _found.get(key)
    if not known:
        try:
            problem = _problem(engine, file, images, wanted, threads, paged)
        except subprocess.TimeoutExpired:
            name = label(f"engine.{engine}")
            raise EngineError(
                "engines", "too slow to try", engine=name, seconds=PATIENCE_S
            ) from None
        with _lock:
            _found[key] = problem
            while len(_found) > _MOST_REMEMBERED:
                _found.popitem(last=False)
    if problem is not None:
        raise problem.with_traceback(None)


def _problem(
    engine: str, file: bytes, images: Tensor, wanted: Tensor, threads: int, paged: bool
) -> EngineError | None:
    name = label(f"engine.{engine}")
    given = images.contiguous().numpy().tobytes() + file
    shape = [str(size) for size in images.shape]
    command = [sys.executable, "-P", str(_SCRIPT), engine, str(threads), str(paged), *shape]
    done = subprocess.run(
        command, input=given, capture_output=True, timeout=PATIENCE_S, check=False
    )
    if done.returncode == foreign.GAVE_UP:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["?"]
        return EngineError("engines", "cannot", engine=name, problem=said[-1][:300])
    if done.returncode != 0 or len(done.stdout) != 4 * wanted.numel():
        return EngineError("engines", "crashed", engine=name, code=done.returncode)
    found = torch.frombuffer(bytearray(done.stdout), dtype=torch.float32).view(wanted.shape)
    return differs(name, found, wanted)


def differs(name: str, found: Tensor, wanted: Tensor) -> EngineError | None:
    """Why these logits are not the network's own, (N, K) each; None where they are."""
    if not wanted.isfinite().all():
        return EngineError("engines", "nothing to compare", engine=name)
    apart = float((found.double() - wanted.double()).abs().max() / wanted.abs().max())
    # Not <=, which NaN would pass.
    if not apart <= TOLERANCE or not torch.equal(found.argmax(1), wanted.argmax(1)):
        return EngineError("engines", "apart", engine=name, apart=f"{apart:.1e}")
    return None
