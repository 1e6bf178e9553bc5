"""The engine that needs packages of its own: ONNX Runtime (requirements-engines.txt)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explorer.networks.engines.onnx_file import EngineError, onnx_file
from explorer.networks.resnet import ResNet


class OnnxRuntime:
    """Microsoft's ONNX Runtime on the CPU, with as many threads as torch uses.

    OpenVINO (2026.4.1) would read the same file and is about as quick, but ended the whole process
    at networks with group norm and grouped convolutions, which no server can allow.

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


def _cannot(engine: str, problem: Exception) -> EngineError:
    first = str(problem).strip().splitlines()[0] if str(problem).strip() else repr(problem)
    return EngineError("engines", "cannot", engine=engine, problem=first[:300])
