"""What the boxes of a block's drawing say: name and window of each op, parameters, MACs."""

from collections.abc import Sequence

from explorer.architecture.ops import Op
from explorer.views.block_diagram import window
from explorer.words import count, label


def op_lines(op: Op) -> list[str]:
    """What a box says of its op: name and window, parameters, MACs."""
    name, params = op.path.removeprefix("block."), count(op.params, "params")
    if op.normalises:
        what = _named(name, label(f"op_short.{op.kind}"))
        return [what, params] if op.on_shortcut else [label("named.like", name=what, what=params)]
    if op.kind == "relu":
        return [_named(name, label("op_short.relu"))]
    if op.kind == "pad":
        new = op.out_shape[0] - op.in_shape[0]
        lines = [label("op.pad")]
        lines += [label("drawn_op.every_second_pixel")] if op.stride == 2 else []
        zeros = label("drawn_op.zeros", n=new)
        if op.zeros_before:
            before, after = op.zeros_before, new - op.zeros_before
            zeros = label("drawn_op.zeros_before_after", before=before, after=after)
        return [*lines, *([zeros] if new else []), params]
    if op.kind == "local_avg_pool":
        return [name, label(f"op.{op.kind}")]
    if op.kind in ("avg_pool", "sigmoid", "scale"):
        return [_named(name, label(f"op.{op.kind}"))]
    if op.kind == "gate_linear":
        return [_named(name, label("op.gate_linear")), params]
    if op.on_shortcut:
        lines = [_named(name, label("drawn_op.window", kernel=op.kernel))]
        lines += [label("drawn_op.stride", stride=op.stride)] if op.stride > 1 else []
    else:
        lines = [_named(name, window(op._replace(dilation=1)))]
        lines += [label("drawn_op.dilation", dilation=op.dilation)] if op.dilation > 1 else []
    return [*lines, params, count(op.macs, "macs")]


def gate_lines(ops: Sequence[Op]) -> list[str]:
    """What one box says of all of squeeze-and-excitation: its layers, parameters, MACs."""
    squeezed, excited = (op for op in ops if op.kind == "gate_linear")
    return [
        _named("se", label("drawn_block.gate")),
        label("drawn_block.gate_layers", inner=squeezed.out_shape[0], outer=excited.out_shape[0]),
        count(sum(op.params for op in ops), "params"),
        count(sum(op.macs for op in ops), "macs"),
    ]


def _named(name: str, what: str) -> str:
    return label("named.of", name=name, what=what)
