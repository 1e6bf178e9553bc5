"""Programs from outside that run an ONNX file. Knows NumPy and nothing of this app.

So that a file can be tried where nothing is lost, this is a script too:

    python -P foreign.py ENGINE THREADS PAGED N C H W < images, then the file > logits

It ends by itself if the program gives up (its words on the last line of stderr), or is ended by
the system if the program crashes.
"""

from __future__ import annotations

import mmap
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.float32]
Session = Callable[[Images], Images]
"""Images (N, C, H, W) -> logits (N, K)."""

GAVE_UP: Final = 3
"""What the script ends with where the program itself says that it cannot."""
SPARE: Final = 10**9
"""Bytes of a disk that are left to others."""
_ALIGNED: Final = 64
_PAGED: Final = 4096
"""Bytes of a weight from which on it is worth a place in a file."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file, ready to run.

    `copies` is how often the weights lie in memory: with the 102 MB of ResNet-50 a process grows
    by so many times 115 MB.
    """

    run: Session
    copies: int


def opened(engine: str, file: bytes, threads: int, paged: bool = False) -> Opened:
    """The file, ready to run; many threads may call it.

    Args:
        engine: "onnxruntime" or "openvino".
        file: ONNX, as explorer.networks.engines.onnx_file writes it.
        threads: of the processor, for one call.
        paged: the weights may be written to the disk, where that saves memory.

    Raises:
        Exception: of the program's own kinds; they have no class in common.
    """
    if engine == "onnxruntime":
        return Opened(_onnx_runtime(file, threads), 1)
    return _openvino(file, threads, paged)


def _onnx_runtime(file: bytes, threads: int) -> Session:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Else its threads keep the processor busy after each pass, on which others wait.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    made = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    # It keeps the file to open it again on another device, which nobody asks for.
    made._model_bytes = None

    def run(images: Images) -> Images:
        (found,) = made.run(None, {"images": images})
        return found

    return run


def _openvino(file: bytes, threads: int, paged: bool) -> Opened:
    # It would load a module that counts users over the internet; without it, it uses a stub.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    core = openvino.Core()
    settings = {
        "INFERENCE_PRECISION_HINT": "f32",  # else bfloat16 where the processor has it
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,  # the cores are others' too
        # With its own kernels for several ops at once, 2026.4.1 ends its process at some networks
        # with group norm. Convolutions do not use them, and nothing here takes longer without.
        "SNIPPETS_MODE": "DISABLE",
    }
    model = core.read_model(file)
    # It keeps the weights twice: as read, and in its own order. As read they are not looked at
    # any more once it is ready, so that in a file they take no memory.
    pages = _moved(model) if paged else None
    made: Any = core.compile_model(model, "CPU", settings)
    request, lock = made.create_infer_request(), Lock()
    if pages is not None:
        pages.let_go()

    def run(images: Images) -> Images:
        with lock:
            request.infer([images], share_inputs=True)
            found: Images = np.array(request.get_output_tensor().data)
        return found

    return Opened(run, 1 if pages else 2)


def _moved(model: Any) -> Pages | None:
    """Put an OpenVINO model's weights into a file; None where they stay in memory."""
    constants = [
        (one, one.data)
        for one in model.get_ordered_ops()
        if one.get_type_name() == "Constant" and one.data.nbytes >= _PAGED
    ]
    folder = place_for(sum(values.nbytes for _, values in constants))
    if folder is None or not constants:
        return None
    try:
        from openvino import opset13

        pages = Pages([values for _, values in constants], folder)
        # Each holds its array, and with it the pages, as long as anything is made of it.
        paged = [opset13.constant(values, shared_memory=True) for values in pages.arrays]
    except Exception:  # the disk is full, or another version takes them otherwise
        return None
    for (one, _), other in zip(constants, paged, strict=True):
        for reader in one.output(0).get_target_inputs():
            reader.replace_source_output(other.output(0))
    return pages


class Pages:
    """Arrays with the same values, in a file: pages that the system takes back where memory is
    short, and reads again where somebody looks.

    The file has no name. So nobody can cut it short, which would end every process that reads
    it; nothing is left of it, however this process ends; and what wrote it reads it, in the same
    version.

    Args:
        arrays: of any shapes and types.
        folder: on a disk, see `place_for`.

    Raises:
        OSError: the disk is full, or may not be written.
    """

    def __init__(self, arrays: Sequence[NDArray[Any]], folder: Path) -> None:
        starts, size = [], 0
        for one in arrays:
            starts.append(size)
            size += -(-one.nbytes // _ALIGNED) * _ALIGNED
        with tempfile.TemporaryFile(dir=folder, prefix="resnet-explorer-") as file:
            for start, one in zip(starts, arrays, strict=True):
                file.seek(start)
                file.write(np.ascontiguousarray(one).data)
            file.truncate(size)
            file.flush()
            os.fsync(file.fileno())  # a full disk is told now, and the pages can be let go of
            # Who writes into an array would do so in memory only; OpenVINO takes no others.
            self._map = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY)
        self.arrays = [
            np.frombuffer(self._map, one.dtype, one.size, start).reshape(one.shape)
            for start, one in zip(starts, arrays, strict=True)
        ]

    def let_go(self) -> None:
        """Take no memory now: whatever is looked at again is read again. Nobody may have written
        into an array."""
        if sys.platform == "linux":
            self._map.madvise(mmap.MADV_DONTNEED)


def place_for(size: int) -> Path | None:
    """The folder where a file of so many bytes may lie while this process runs; None if there is
    none: too little room, nothing that may be written, or memory that only looks like a disk."""
    said = os.environ.get("TMPDIR")
    # By convention /var/tmp lies on a disk; /tmp is memory on many systems.
    for folder in map(Path, [said] if said else ["/var/tmp", tempfile.gettempdir()]):
        try:
            roomy = shutil.disk_usage(folder).free >= size + SPARE
        except OSError:
            continue
        if roomy and os.access(folder, os.W_OK) and not in_memory(folder):
            return folder
    return None


def in_memory(folder: Path) -> bool:
    """Whether its files lie in memory, as far as Linux tells."""
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        device = folder.stat().st_dev
    except OSError:
        return False
    number = f"{os.major(device)}:{os.minor(device)}"
    kinds = {line.partition(" - ")[2].split()[0] for line in lines if line.split()[2] == number}
    return bool(kinds & {"tmpfs", "ramfs"})


def _try(engine: str, threads: str, paged: str, *shape: str) -> int:
    # What the program prints must not stand among the logits.
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _write_no_core()
    sizes = [int(size) for size in shape]
    given = sys.stdin.buffer.read(4 * prod(sizes))
    images = np.frombuffer(given, np.float32).reshape(sizes)
    try:
        file = sys.stdin.buffer.read()
        found = opened(engine, file, int(threads), paged == "True").run(images)
    except Exception as problem:
        print((str(problem).strip() or repr(problem)).splitlines()[0], file=sys.stderr)
        return GAVE_UP
    answer.write(np.ascontiguousarray(found, np.float32).tobytes())
    answer.flush()
    return 0


def _write_no_core() -> None:
    """A crash writes no file of all memory."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    code = _try(*sys.argv[1:])
    # The logits are out: what a program does when it is unloaded is no part of the trial.
    sys.stderr.flush()
    os._exit(code)
