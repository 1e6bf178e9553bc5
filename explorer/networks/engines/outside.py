"""Engines that need a package of their own: ONNX Runtime and OpenVINO (requirements-engines.txt).

Both read the network as an ONNX file from memory, and both are told to use as many threads as
torch does, to leave the processor alone while they wait, and to count in float32.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explorer.networks.engines.onnx_file import EngineError, onnx_file
from explorer.networks.resnet import ResNet


class OnnxRuntime:
    """Microsoft's ONNX Runtime on the CPU.

    Args:
        network: in eval mode.
        shape: of every batch, (N, C, H, W).

    Raises:
        ImportError: onnx or onnxruntime is not installed.
        EngineError: it cannot run this network.
    """

    def __init__(self, network: ResNet, shape: tuple[int, ...]) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Else its threads keep the processor busy after each pass, on which others wait.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        data = onnx_file(network, shape)
        self.outside_bytes = len(data)
        try:
            self._session: Any = onnxruntime.InferenceSession(
                data, options, providers=["CPUExecutionProvider"]
            )
        except Exception as problem:  # its errors have no class of their own in common
            raise _cannot("ONNX Runtime", problem) from problem

    def __call__(self, x: Tensor) -> Tensor:
        """Logits, (N, K), of preprocessed images of the shape that it was made for."""
        (found,) = self._session.run(None, {"images": x.contiguous().numpy()})
        return torch.from_numpy(found)


class OpenVino:
    """Intel's OpenVINO on the CPU.

    Args:
        network: in eval mode.
        shape: of every batch, (N, C, H, W).

    Raises:
        ImportError: onnx or openvino is not installed.
        EngineError: it cannot run this network.
    """

    def __init__(self, network: ResNet, shape: tuple[int, ...]) -> None:
        import openvino

        data = onnx_file(network, shape)
        self.outside_bytes = len(data)
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "ENABLE_CPU_PINNING": False,
            # Where the processor can, it would take bfloat16 unasked.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        try:
            # Not by `convert_model`, which reports to its makers that it was used.
            core = openvino.Core()
            self._model: Any = core.compile_model(core.read_model(data), "CPU", settings)
        except RuntimeError as problem:
            raise _cannot("OpenVINO", problem) from problem

    def __call__(self, x: Tensor) -> Tensor:
        """Logits, (N, K), of preprocessed images of the shape that it was made for."""
        # One request for each call: a shared one would serve only one thread at a time.
        request = self._model.create_infer_request()
        request.infer([x.contiguous().numpy()], share_inputs=True)
        found = request.get_output_tensor().data
        return torch.from_numpy(found.copy())


def _cannot(engine: str, problem: Exception) -> EngineError:
    first = str(problem).strip().splitlines()[0] if str(problem).strip() else repr(problem)
    return EngineError("engines", "cannot", engine=engine, problem=first[:300])
