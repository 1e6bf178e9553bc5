"""How shapes and receptive fields are written down."""

from explorer.architecture.image_size import TIMES
from explorer.architecture.ops import Op, Shape
from explorer.architecture.structure import Block, Blueprint
from explorer.words import label


def volume(shape: Shape) -> str:
    """Height, width and channels of 56, 56 and 64 as papers write them, as factors; a vector by its
    length."""
    if len(shape) == 1:
        return f"{shape[0]:,}"
    channels, height, width = shape
    return f"{height}{TIMES}{width}{TIMES}{channels:,}"


def shape_text(shape: Shape) -> str:
    """(C, H, W), or (C,), as it stands on an arrow."""
    return f"({', '.join(map(str, shape))})"


def window(op: Op) -> str:
    """Kernel, stride and dilation where there is one: `3×3/2`, `3×3 d2`; of a padding shortcut
    only the stride."""
    stride = f"/{op.stride}" if op.stride > 1 else ""
    dilation = f" d{op.dilation}" if op.dilation > 1 else ""
    if op.kind == "avg_pool":  # over the whole map, which need not be square
        return TIMES.join(map(str, op.in_shape[1:]))
    return stride if op.kind == "pad" else f"{op.kernel}{TIMES}{op.kernel}{stride}{dilation}"


def kernels(block: Block) -> str:
    """The main branch's convolutions in short: `1x1, 3x3/2, 1x1`."""
    return ", ".join(window(op) for op in block.main_ops if op.kind == "conv")


def receptive_field_formula(bp: Blueprint, op: Op) -> str:
    """The op's receptive field from its inputs', in pixels, with live numbers."""
    fields = [(1, 1) if path == "input" else _field_of(bp, path) for path in op.inputs]
    if op.kind == "scale":
        return label("formula.field_kept", field=op.receptive_field)
    if op.kind == "add":
        return f"max({fields[0][0]:,}, {fields[1][0]:,}) = {op.receptive_field:,}"
    field, jump = fields[0]
    if field == op.receptive_field:
        return label("formula.field_kept", field=field)
    if op.dilation > 1:
        return f"{field:,} + {op.dilation}*({op.kernel} - 1)*{jump} = {op.receptive_field:,}"
    return f"{field:,} + ({op.kernel} - 1)*{jump} = {op.receptive_field:,}"


def _field_of(bp: Blueprint, path: str) -> tuple[int, int]:
    op = next(op for op in bp.block(path).ops if op.path == path)
    return op.receptive_field, op.output_stride


def short_count(count: int) -> str:
    """Four digits and a unit: `25.56 M`. Counts below ten thousand stay as they are."""
    for unit, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= unit and count >= 10_000:
            value = count / unit
            return f"{value:.{max(0, 3 - len(str(int(value))) + 1)}f} {letter}"
    return f"{count:,}"


def memory(values: int) -> tuple[str, str]:
    """What this many 4-byte floats take: (in MB of 10^6 bytes, in MiB of 2^20 bytes)."""
    size = 4 * values
    return f"{size / 10**6:,.1f} MB", f"{size / 2**20:,.1f} MiB"


def signed(difference: int) -> str:
    """A difference with its sign: `+1,024`, `−1,024`; `0` where there is none."""
    return f"{difference:+,}".replace("-", "\N{MINUS SIGN}") if difference else "0"


def signed_share(difference: int, of: int) -> str:
    """A difference in percent of what it is a difference from, with its sign: `+5.7 %`."""
    share = 100 * difference / of if of else 0.0
    digits = f"{share:+,.1f}" if abs(share) >= 0.1 else f"{share:+.2g}"
    return f"{digits}\N{NO-BREAK SPACE}%".replace("-", "\N{MINUS SIGN}")
