"""What is said of one composed block, filled in with its numbers: the rule of its shortcut."""

from explorer.architecture.notation import shape_text, volume
from explorer.architecture.ops import Shape
from explorer.architecture.unit import Unit, UnitSpec
from explorer.words import section


def rule(unit: Unit) -> str:
    """Why the shortcut is drawn solid or dashed, or why the addition goes wrong."""
    return section("block_lab", _section_of(unit), **_numbers(unit))


def totals(unit: Unit) -> str:
    """What the block holds and costs, and what its convolutions have to learn."""
    numbers = {"params": unit.block.params, "macs": unit.block.macs}
    said = section("block_lab", "totals", **numbers)
    added = {"identity": "x", "projection": "W x", "padding": "padded x"}.get(unit.kind)
    if added is None or unit.verdict in ("fails", "broadcasts"):
        return said
    return f"{said} {section('block_lab', 'what F learns', added=added)}"


def in_a_line(spec: UnitSpec) -> str:
    """The composed block as a heading."""
    return section(
        "block_lab",
        "in a line",
        block="bottleneck" if spec.block == "bottleneck" else "basic block",
        shapes=in_and_out(spec),
        order=spec.activation_order,
        shortcut={"none": "no shortcut", "padding": "zero-padding shortcut"}.get(
            spec.shortcut, f"{spec.shortcut} shortcut"
        ),
    )


def in_and_out(spec: UnitSpec) -> str:
    """The block's shapes as a tutorial writes them: 56x56x256 to 28x28x512."""
    out = (spec.size - 1) // spec.stride + 1
    inputs = volume((spec.in_channels, spec.size, spec.size))
    return f"{inputs} to {volume((spec.out_channels, out, out))}"


def _section_of(unit: Unit) -> str:
    if unit.verdict == "fails" and unit.kind == "padding":
        return "fails, too many channels"
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
        "steps": _padding_steps(unit),
        "changes": _changes(unit, (c_out, h_out, w_out)),
        "additions": unit.additions,
        "adds_percent": f"{unit.additions / block.macs:.2%}",
        "shortcut_params": on_shortcut,
        "shortcut_percent": f"{on_shortcut / block.params:.1%}",
    }
    if addition is not None:
        found["branch"] = _unbroken(addition.branch)
        found["shortcut"] = _unbroken(addition.shortcut)
        found["total"] = _unbroken(addition.out_shape or ())
    return found


def _changes(unit: Unit, out: tuple[int, int, int]) -> str:
    """What F does to the shape, as the beginning of a sentence."""
    spec, (channels, height, width) = unit.spec, out
    size = f"from {spec.size}x{spec.size} to {height}x{width} pixels"
    words = f"from {spec.in_channels:,} to {channels:,} channels"
    changed = [spec.in_channels != channels and words, spec.size != height and size]
    said = " and ".join(change for change in changed if change)
    return f"F(x) goes {said}" if said else "F(x) keeps the shape"


def _padding_steps(unit: Unit) -> str:
    """What option A does to x."""
    new = unit.spec.out_channels - unit.spec.in_channels
    steps = ["keeps every second pixel"] if unit.spec.stride == 2 else []
    steps += [f"fills {new:,} new channels with zeros"] if new > 0 else []
    return " and ".join(steps)


def _unbroken(shape: Shape) -> str:
    """A shape that no line break parts."""
    return shape_text(shape).replace(" ", "\u00a0")
