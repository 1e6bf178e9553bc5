"""What is said of one composed block, filled in with its numbers: the rule of its shortcut."""

from typing import Final

from explorer.architecture.norms import groups_of
from explorer.architecture.notation import shape_text, volume
from explorer.architecture.ops import Shape
from explorer.architecture.plan import squeezed
from explorer.architecture.unit import Unit, UnitSpec
from explorer.words import label, listed, section

_ADDED: Final = {"projection": "tensor.projected", "padding": "tensor.padded"}


def rule(unit: Unit) -> str:
    """Why the shortcut is drawn solid or dashed, or why the addition goes wrong."""
    return section("block_lab", _section_of(unit), **_numbers(unit))


def verdict(unit: Unit) -> str:
    """The rule in a word or two."""
    return label(f"unit_verdict.{unit.verdict.replace(' ', '_')}")


def totals(unit: Unit) -> str:
    """What the block holds and costs, and what its convolutions have to learn."""
    numbers = {"params": unit.block.params, "macs": unit.block.macs}
    if unit.kind == "none" or unit.verdict in ("fails", "broadcasts"):
        return section("block_lab", "totals", **numbers)
    added = label(_ADDED[unit.kind], source="x") if unit.kind in _ADDED else "x"
    return section("block_lab", "totals, what F learns", added=added, **numbers)


def in_a_line(spec: UnitSpec) -> str:
    """The composed block as a heading."""
    extras = extra_choices(spec)
    return section(
        "block_lab",
        "in a line, with more" if extras else "in a line",
        block=label(f"unit_line.{spec.block}"),
        shapes=in_and_out(spec),
        order=label(f"unit_line.{spec.activation_order}"),
        shortcut=label(f"unit_line.{spec.shortcut}"),
        **({"extras": listed(extras)} if extras else {}),
    )


def extra_choices(spec: UnitSpec) -> list[str]:
    """What the block has beside what every block of the paper has, in a few words each."""
    found = [] if spec.norm == "batch" else [label(f"unit_extra.norm_{spec.norm}")]
    if spec.dilation > 1:
        found.append(label("unit_extra.dilation", dilation=spec.dilation))
    if spec.expansion is not None:
        found.append(label("unit_extra.expansion", expansion=spec.expansion))
    if spec.se_ratio:
        found.append(label("unit_extra.gate", ratio=spec.se_ratio))
    return found


def extras(unit: Unit) -> list[str]:
    """A sentence or two on each of them, with the block's numbers."""
    spec, found = unit.spec, []
    gate = [op for op in unit.ops if ".se." in op.path]
    if gate:
        params = sum(op.params for op in gate)
        numbers = {
            "inner": squeezed(spec.network, spec.out_channels),
            "params": params,
            "params_share": f"{params / unit.block.params:.1%}",
            "macs": sum(op.macs for op in gate),
        }
        found.append(section("block_lab", "told of gate", **numbers))
    if spec.dilation > 1:
        span = 2 * spec.dilation + 1
        found.append(section("block_lab", "told of dilation", dilation=spec.dilation, span=span))
    if spec.norm == "group":
        groups, channels = groups_of(spec.out_channels), spec.out_channels
        found.append(section("block_lab", "told of group norm", groups=groups, channels=channels))
    if spec.norm == "none":
        found.append(section("block_lab", "told of no norm"))
    if spec.expansion is not None:
        found.append(
            section(
                "block_lab",
                "told of expansion",
                expansion=spec.expansion,
                channels=spec.out_channels,
                width=spec.width,
            )
        )
    return found


def in_and_out(spec: UnitSpec) -> str:
    """The block's shapes as a tutorial writes them: 56x56x256 to 28x28x512."""
    out = (spec.size - 1) // spec.stride + 1
    return label(
        "unit_line.shapes",
        before=volume((spec.in_channels, spec.size, spec.size)),
        after=volume((spec.out_channels, out, out)),
    )


def _section_of(unit: Unit) -> str:
    if unit.verdict == "fails" and unit.kind == "padding":
        return "fails, too many channels"
    if unit.verdict == "padding":
        sampled, filled = unit.spec.stride == 2, unit.spec.out_channels > unit.spec.in_channels
        averaged = ", averaged" if sampled and unit.spec.avg_down else ""
        if sampled and filled:
            return f"padding, both{averaged}"
        return f"padding, pixels{averaged}" if sampled else "padding, channels"
    if unit.verdict == "projection" and any(op.kind == "local_avg_pool" for op in unit.ops):
        return "projection, averaged"
    return unit.verdict


def _numbers(unit: Unit) -> dict[str, object]:
    """What the sentences about a block are filled in with."""
    spec, block, addition = unit.spec, unit.block, unit.addition
    on_shortcut = sum(op.params for op in block.shortcut_ops)
    branch = [op for op in unit.ops if op.kind not in ("add", "relu") and not op.on_shortcut][-1]
    c_out, h_out, w_out = branch.out_shape
    found: dict[str, object] = {
        "c_in": spec.in_channels,
        "h_in": spec.size,
        "w_in": spec.size,
        "c_out": c_out,
        "h_out": h_out,
        "w_out": w_out,
        "stride": spec.stride,
        "new": spec.out_channels - spec.in_channels,
        "additions": unit.additions,
        "adds_percent": f"{unit.additions / block.macs:.2%}",
        "shortcut_params": on_shortcut,
        "shortcut_percent": f"{on_shortcut / block.params:.1%}",
    }
    found["changes"] = section("block_lab", _changes(found), **found)
    if addition is not None:
        found["branch"] = _unbroken(addition.branch)
        found["shortcut"] = _unbroken(addition.shortcut)
        found["total"] = _unbroken(addition.out_shape or ())
    return found


def _changes(numbers: dict[str, object]) -> str:
    """The section that says what F does to the shape."""
    channels = numbers["c_in"] != numbers["c_out"]
    size = numbers["h_in"] != numbers["h_out"]
    if channels and size:
        return "both change"
    if channels:
        return "channels change"
    return "size changes" if size else "shape stays"


def _unbroken(shape: Shape) -> str:
    """A shape that no line break parts."""
    return shape_text(shape).replace(" ", "\u00a0")
