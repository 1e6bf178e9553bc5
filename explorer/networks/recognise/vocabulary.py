"""A structure in the words of NetworkSpec, or why they do not suffice."""

import re
from collections.abc import Sequence
from typing import Any, Final

from explorer.architecture import NetworkSpec
from explorer.architecture.choices import STEMS, Norm, ShortcutRule, Stem, StemNorm
from explorer.networks.recognise.analysis import Analysis
from explorer.networks.recognise.conventions import stride_first
from explorer.networks.recognise.modules import Layer
from explorer.networks.recognise.structure import Block, Structure

_ATTENTION: Final = re.compile(r"attn_?pool|attention_?pool|(^|[._/])(q|k|v|query|key|value)_proj")


class Beyond(Exception):
    """Nothing in NetworkSpec says this; `title` is a heading of weights.md, `layer` the first
    that does not fit."""

    def __init__(self, title: str, layer: Layer | None = None, **values: Any) -> None:
        super().__init__(title)
        self.title, self.layer, self.values = title, layer, values


def spec_of(analysis: Analysis) -> NetworkSpec:
    """The likeliest network; readings.py has those that the file cannot tell apart from it.

    Raises:
        Beyond: our vocabulary lacks something that the network has.
        FieldError: it has more than a NetworkSpec may.
    """
    structure = analysis.structure
    assert structure is not None
    _check(analysis, structure)
    first = structure.stem[0]
    head = structure.head
    widths, expansion = _widths(structure)
    groups, per_group = _groups(structure, widths)
    stem_width = structure.stem[-1].shape[0]
    stem = _stem(structure)
    return NetworkSpec(
        block=structure.kind,
        depths=tuple(len(stage) for stage in structure.stages),
        widths=widths,
        stem=stem,
        activation_order="pre" if structure.pre else "post",
        stride_on="1x1" if stride_first(structure) else "3x3",
        shortcut=_rule(structure),
        norm_on_projection=_projection_normed(structure),
        norm=_norm(structure),
        conv_bias=_biased(structure),
        groups=groups,
        width_per_group=per_group,
        in_channels=first.shape[1],
        num_classes=head[-1].shape[0] if head else 1,
        stem_width=None if stem_width == widths[0] else stem_width,
        avg_down=structure.pooled,
        expansion=expansion,
        se_ratio=_ratio(structure),
        final_norm=not structure.pre or not structure.norms or structure.final_norm is not None,
        stem_norm=_stem_norm(structure, stem),
    )


def _check(analysis: Analysis, structure: Structure) -> None:
    if analysis.blurs:
        raise Beyond("beyond: blur", analysis.blurs[0])
    reads = (layer for layer in analysis.layers if _is_attention(layer, structure))
    if (attention := next(reads, None)) is not None:
        raise Beyond("beyond: attention pool", attention)
    if within := analysis.within:
        first = Layer(within[0].name, "other", within[0].place, {"weight": within[0]})
        raise Beyond("beyond: more in blocks", first)
    if analysis.unfit is not None:
        raise Beyond("beyond: does not fit", analysis.unfit)
    if analysis.lost is not None:
        raise Beyond("beyond: norm without a place", analysis.lost)
    gated = [block for block in structure.blocks if block.gate is not None]
    if gated and len(gated) < len(structure.blocks):
        bare = next(block for block in structure.blocks if block.gate is None)
        raise Beyond("beyond: some gates", bare.convolutions[0])
    counted = [norm.counted for norm in structure.norms]
    if any(counted) and not all(counted):
        raise Beyond("beyond: some statistics", structure.norms[counted.index(not counted[0])])


def _is_attention(layer: Layer, structure: Structure) -> bool:
    """Whether a layer makes queries, keys or values of the last channels."""
    wide = layer.kind == "linear" and layer.shape[1] == structure.out
    return wide and bool(_ATTENTION.search(layer.name))


def _norm(structure: Structure) -> Norm:
    if not structure.norms:
        return "none"
    return "batch" if structure.norms[0].counted or _is_frozen(structure) else "group"


def _ratio(structure: Structure) -> int:
    """How many times fewer channels a gate has inside: one number for all blocks, or none."""
    blocks = [block for block in structure.blocks if block.gate is not None]
    if not blocks:
        return 0
    last = blocks[-1]
    assert last.gate is not None
    about = last.out // last.gate.middle
    for ratio in (about, *(n for n in range(max(1, about - 8), about + 64) if n != about)):
        if all(block.gate and max(1, block.out // ratio) == block.gate.middle for block in blocks):
            return ratio
    raise Beyond("beyond: some gates", last.gate.squeeze)


def _is_frozen(structure: Structure) -> bool:
    """Whether the norms are scales and shifts into which a batch norm was turned, as in Caffe2's
    names: `res2_0_branch2a_bn_s`."""
    return all(
        "mean" not in norm.parts and norm.name.rsplit("_", 1)[-1] == "bn"
        for norm in structure.norms
    )


def _stem(structure: Structure) -> Stem:
    first = structure.stem[0]
    if len(structure.stem) == 3:
        out, inner = structure.stem[-1].shape[0], [one.shape[0] for one in structure.stem[:2]]
        if inner != [max(1, out // 2)] * 2:
            raise Beyond(
                "beyond: deep stem", structure.stem[1], inner=inner[0], other=inner[1], out=out
            )
        stem: Stem = "deep"
    else:
        kernels: dict[int, Stem] = {7: "imagenet", 3: "cifar", 1: "1x1"}
        if first.shape[2] not in kernels:
            raise Beyond("beyond: stem kernel", first, kernel=first.shape[2])
        stem = kernels[first.shape[2]]
    if structure.norms and is_bare(structure) and not structure.pre:
        raise Beyond("beyond: stem norm", first)
    return stem


def is_bare(structure: Structure) -> bool:
    """Whether no norm follows the stem's last convolution."""
    return len(structure.stem_norms) < len(structure.stem)


def _stem_norm(structure: Structure, stem: Stem) -> StemNorm:
    """Without any norms the ReLU cannot be told either: it is then where it is usual."""
    if not structure.pre or not structure.norms:
        return "where_pooled"
    return stem_norm(stem, is_bare(structure))


def stem_norm(stem: Stem, bare: bool) -> StemNorm:
    """What says of a pre-activation network's stem that it is bare or not, if it is not usual."""
    if bare != STEMS[stem].pools:
        return "where_pooled"
    return "never" if bare else "always"


def _widths(structure: Structure) -> tuple[tuple[int, ...], int | None]:
    """Each stage's width, and the expansion where it is not the usual one."""
    outs = [stage[0].out for stage in structure.stages]
    if structure.kind == "basic":
        return tuple(outs), None
    inner = [stage[0].inner for stage in structure.stages]
    if all(out % 4 == 0 for out in outs):
        widths = tuple(out // 4 for out in outs)
        try:
            _groups(structure, widths)
        except Beyond:
            pass
        else:
            return widths, None
    for expansion in (1, 2, 4, 8, 3, 16):
        if all(out == size * expansion for out, size in zip(outs, inner, strict=True)):
            return tuple(inner), expansion
    first = structure.stages[0][0].convolutions[-1]
    raise Beyond("beyond: expansion", first, inner=first.shape[1], out=first.shape[0])


def _groups(structure: Structure, widths: Sequence[int]) -> tuple[int, int]:
    if structure.kind == "basic":
        return 1, 64
    blocks = [stage[0] for stage in structure.stages]
    groups = blocks[0].groups
    for stage in structure.stages:
        for block in stage:
            if block.groups != groups:
                raise Beyond("beyond: groups differ", block.convolutions[1])
    inner = [block.inner for block in blocks]
    about = inner[0] * 64 // (groups * widths[0])
    for per_group in sorted(range(max(1, about - 65), about + 66), key=lambda n: abs(n - about)):
        if all(
            int(width * per_group / 64) * groups == size
            for width, size in zip(widths, inner, strict=True)
        ):
            return groups, per_group
    raise Beyond("beyond: expansion", blocks[0].convolutions[-1], inner=inner[0], out=blocks[0].out)


def _rule(structure: Structure) -> ShortcutRule:
    blocks = structure.blocks
    projected = [block.projection is not None for block in blocks]
    needed = [_changes(structure, stage, block) for stage in structure.stages for block in stage]
    if all(projected) and not all(needed):
        return "projection-always"
    if not any(projected):
        return "padding" if any(needed) else "projection"
    for block, has, needs in zip(blocks, projected, needed, strict=True):
        if has != needs:
            raise Beyond("beyond: some projections", block.projection or block.convolutions[0])
    return "projection"


def _changes(structure: Structure, stage: Sequence[Block], block: Block) -> bool:
    first = block is stage[0]
    return block.inputs != block.out or (first and stage is not structure.stages[0])


def _projection_normed(structure: Structure) -> bool:
    projected = [block for block in structure.blocks if block.projection is not None]
    return not projected or projected[0].projection_norm is not None or not structure.norms


def _biased(structure: Structure) -> bool:
    """Whether biases are needed: those in front of a batch norm fold into it."""
    return any("bias" in layer.parts for layer in unfolded(structure))


def unfolded(structure: Structure) -> list[Layer]:
    """Convolutions whose biases no batch norm follows at once."""
    if not structure.norms:
        return structure.convolutions
    free: list[Layer] = []
    if structure.pre and not structure.stem_norms:
        free += structure.stem
    for block in structure.blocks:
        if structure.pre:
            free.append(block.convolutions[-1])
        if block.projection is not None and block.projection_norm is None:
            free.append(block.projection)
    return free
