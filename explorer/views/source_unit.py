"""A composed block as one file of PyTorch, free of every switch that it does not use.

The text is put together from the block's closed form. A test executes it for blocks drawn at
random and holds its outputs against the app's own block.
"""

from explorer.architecture.unit import Unit
from explorer.views.source_block import block_source, squeeze_excitation_source
from explorer.views.source_traits import Traits


def unit_source(unit: Unit) -> str:
    """Python source of the block: needs torch only, and has the app's state-dict keys."""
    traits = Traits.of_unit(unit)
    parts = [_head(unit, traits)]
    parts += [squeeze_excitation_source(traits)] if unit.spec.se_ratio else []
    return "\n\n\n".join([*parts, block_source(traits), _usage(unit, traits)]) + "\n"


def _head(unit: Unit, traits: Traits) -> str:
    counts = f"{unit.block.params:,} parameters, {unit.block.macs:,} MACs"
    size = unit.spec.size
    grouped = traits.spec.norm == "group" and not traits.divides
    imports = "from math import gcd\n\n" if grouped else ""
    stride = ", s is the stride" if traits.strided else ""
    return f'''"""One residual block: {counts} at {size}x{size}.

Lines end with the shape of their result: N images, C channels, H x W pixels{stride}.
"""

{imports}import torch
from torch import Tensor, nn
from torch.nn import functional as F'''


def _usage(unit: Unit, traits: Traits) -> str:
    spec = unit.spec
    arguments = [str(spec.in_channels), f"width={spec.middle}"]
    arguments += [f"out_channels={spec.out_channels}"] if traits.changed_widths else []
    arguments += [f"stride={spec.stride}"] if traits.strided else []
    arguments += [f"{name}={spec.dilation}" for name in traits.dilations]
    out = unit.ops[-1].out_shape if unit.verdict != "fails" else None
    told = f"(1, {', '.join(map(str, out))})" if out else "fails: the shapes do not match"
    return f"""if __name__ == "__main__":
    block = {traits.block}({", ".join(arguments)}).eval()
    print(f"{{sum(p.numel() for p in block.parameters()):,}} parameters")  # {unit.block.params:,}
    x = torch.rand(1, {spec.in_channels}, {spec.size}, {spec.size})  # (N, C, H, W)
    with torch.inference_mode():
        print(block(x).shape)  # {told}"""
