"""A network as an ONNX file, which other engines read. Written from the tape, by onnx's helpers.

Opset 21 is the first in which group norm has a factor per channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from torch import Tensor, nn

from explorer.networks.blocks import ZeroPadding
from explorer.networks.engines.tape import Step, fold, record
from explorer.networks.resnet import ResNet
from explorer.words import WordedError

OPSET: Final = 21
_IR: Final = 10
"""The version of the format that came with opset 21."""
MAX_BYTES: Final = 2 * 10**9
"""Of the weights: a file in Protocol Buffers ends at 2 GiB."""

Attributes = dict[str, Any]


class EngineError(WordedError):
    """An engine cannot be made of this network; the message is one sentence for the visitor."""


def onnx_file(network: ResNet, shape: tuple[int, ...]) -> bytes:
    """The network as an ONNX file: input "images" of this shape, output "logits".

    Args:
        network: in eval mode.
        shape: (N, C, H, W), fixed: engines are quickest with sizes that they know.

    Raises:
        EngineError: the weights are too large for a file of this kind.
        ImportError: onnx is not installed.
    """
    import onnx

    if 4 * sum(values.numel() for values in network.parameters()) > MAX_BYTES:
        raise EngineError("engines", "too large for onnx", most=MAX_BYTES / 1e9)
    writer = _Writer()
    tape = fold(record(network))
    for step in tape.steps:
        writer.write(step)
    float32 = onnx.TensorProto.FLOAT
    images = onnx.helper.make_tensor_value_info(_name(0), float32, list(shape))
    last = _name(tape.steps[-1].output)
    classes = [shape[0], network.fc.out_features]
    logits = onnx.helper.make_tensor_value_info(last, float32, classes)
    graph = onnx.helper.make_graph(writer.nodes, "network", [images], [logits], writer.weights)
    opset = onnx.helper.make_opsetid("", OPSET)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=_IR)
    written: bytes = model.SerializeToString()
    return written


def _name(value: int) -> str:
    return f"value{value}" if value else "images"


class _Writer:
    """Collects nodes and weights; one method for each kind of step that has attributes."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def write(self, step: Step) -> None:
        """Add what this step does."""
        inputs = [_name(value) for value in step.inputs]
        output = _name(step.output)
        layer: Any = step.layer
        match step.kind:
            case "convolution":
                self._node("Conv", inputs, output, _parameters(layer), _of_convolution(layer))
            case "batch_norm":
                tensors = {**_parameters(layer), "mean": layer.running_mean}
                tensors["variance"] = layer.running_var
                self._node("BatchNormalization", inputs, output, tensors, {"epsilon": layer.eps})
            case "group_norm":
                settings = {"epsilon": layer.eps, "num_groups": layer.num_groups}
                self._node("GroupNormalization", inputs, output, _parameters(layer), settings)
            case "max_pool":
                settings = {
                    "kernel_shape": _pair(layer.kernel_size),
                    "strides": _pair(layer.stride),
                    "pads": _pair(layer.padding) * 2,
                }
                self._node("MaxPool", inputs, output, {}, settings)
            case "mean_pool":
                settings = {
                    "kernel_shape": _pair(layer.kernel_size),
                    "strides": _pair(layer.stride),
                    "ceil_mode": int(layer.ceil_mode),
                    "count_include_pad": int(layer.count_include_pad),
                }
                self._node("AveragePool", inputs, output, {}, settings)
            case "linear":
                self._node("Gemm", inputs, output, _parameters(layer), {"transB": 1})
            case "zero_padding":
                self._pad(layer, inputs[0], output)
            case kind:
                self._node(_PLAIN[kind], inputs, output, {}, {})

    def _pad(self, layer: ZeroPadding, image: str, output: str) -> None:
        far = 2**31 - 1
        steps = [1, 1, layer.stride, layer.stride]
        bounds = {"starts": [0] * 4, "ends": [far] * 4, "axes": [0, 1, 2, 3], "steps": steps}
        self._node("Slice", [image], f"{output}.kept", bounds, {})
        pads = [0, layer.before, 0, 0, 0, layer.after, 0, 0]
        self._node("Pad", [f"{output}.kept"], output, {"pads": pads}, {"mode": "constant"})

    def _node(
        self,
        kind: str,
        inputs: list[str],
        output: str,
        tensors: Mapping[str, Tensor | list[int]],
        settings: Attributes,
    ) -> None:
        import numpy as np
        import onnx

        names = []
        for name, values in tensors.items():
            names.append(f"{output}.{name}")
            if isinstance(values, list):
                array = np.asarray(values, dtype=np.int64)
            else:
                array = values.detach().float().cpu().contiguous().numpy()
            self.weights.append(onnx.numpy_helper.from_array(array, names[-1]))
        self.nodes.append(onnx.helper.make_node(kind, [*inputs, *names], [output], **settings))


_PLAIN: Final = {
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "mean": "GlobalAveragePool",
    "flatten": "Flatten",
    "add": "Add",
    "multiply": "Mul",
}


def _parameters(layer: nn.Module) -> dict[str, Tensor | list[int]]:
    """Weight, then bias if there is one."""
    return dict(layer.named_parameters())


def _of_convolution(layer: nn.Conv2d) -> Attributes:
    padding = layer.padding
    assert isinstance(padding, tuple)
    return {
        "kernel_shape": list(layer.kernel_size),
        "strides": list(layer.stride),
        "pads": [*padding, *padding],
        "dilations": list(layer.dilation),
        "group": layer.groups,
    }


def _pair(value: int | tuple[int, int]) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)
