"""Programs from outside that run an ONNX file. Knows NumPy and nothing of this app.

So that a file can be tried where nothing is lost, this is a script too:

    python -P foreign.py ENGINE THREADS N C H W < images, then the file > logits

It ends by itself if the program gives up (its words on the last line of stderr), or is ended by
the system if the program crashes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from math import prod
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.float32]
Session = Callable[[Images], Images]
"""Images (N, C, H, W) -> logits (N, K)."""

COPIES: Final = {"onnxruntime": 1, "openvino": 2}
"""How often a program holds the weights: with the 102 MB of ResNet-50 a process grows by so many
times 110 MB. OpenVINO keeps them as read, and in its own order."""
GAVE_UP: Final = 3
"""What the script ends with where the program itself says that it cannot."""


def session(engine: str, file: bytes, threads: int) -> Session:
    """The file, ready to run; many threads may call it.

    Args:
        engine: "onnxruntime" or "openvino".
        file: ONNX, as explorer.networks.engines.onnx_file writes it.
        threads: of the processor, for one call.

    Raises:
        Exception: of the program's own kinds; they have no class in common.
    """
    return {"onnxruntime": _onnx_runtime, "openvino": _openvino}[engine](file, threads)


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


def _openvino(file: bytes, threads: int) -> Session:
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
    made: Any = core.compile_model(core.read_model(file), "CPU", settings)
    request, lock = made.create_infer_request(), Lock()

    def run(images: Images) -> Images:
        with lock:
            request.infer([images], share_inputs=True)
            found: Images = np.array(request.get_output_tensor().data)
        return found

    return run


def _try(engine: str, threads: str, *shape: str) -> int:
    # What the program prints must not stand among the logits.
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _write_no_core()
    sizes = [int(size) for size in shape]
    given = sys.stdin.buffer.read(4 * prod(sizes))
    images = np.frombuffer(given, np.float32).reshape(sizes)
    try:
        found = session(engine, sys.stdin.buffer.read(), int(threads))(images)
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
