"""Questions on shortcuts: solid or dashed and why, how many, what lies on them, what they cost."""

from random import Random

from explorer.architecture import Block, Blueprint, Shortcut
from explorer.architecture.notation import shape_text
from explorer.lessons.quiz.question import Draft, Network, formula


def solid_or_dashed(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """How a block's shortcut is drawn, and the reason."""
    block, shortcut = _choose(rng, bp)
    if shortcut.kind == "none":
        return None
    right = _verdict(shortcut)
    both, channels, size, nothing = (
        "dashed: channels and size change",
        "dashed: only the channels change",
        "dashed: only the size changes",
        "solid: nothing changes",
    )
    always = "dashed: a projection although nothing changes"
    ends = f"It reads {shape_text(block.in_shape)} and writes {shape_text(block.out_shape)}"
    c, s = shortcut.channels_change, shortcut.size_changes
    wrong = {
        both: _missed(c, s, True, True),
        channels: _missed(c, s, True, False),
        size: _missed(c, s, False, True),
        nothing: _missed(c, s, False, False)
        if c or s
        else "This network projects on every shortcut (option C).",
        always: "This network projects only where the shape changes."
        if network.spec.shortcut != "projection-always"
        else "Here the shape does change.",
    }
    return Draft(
        f"Is the shortcut of {block.title} (`{block.path}`) solid or dashed, and why?",
        right,
        tuple((text, f"{why} {ends}.") for text, why in wrong.items() if text != right),
        f"{ends}; {shortcut.why}. So it is {right}",
        "shortcuts",
        {"shortcuts_block": block.path},
    )


def how_many_dashed(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Blocks with a dashed shortcut."""
    if network.spec.shortcut == "none":
        return None
    dashed = [
        sum(1 for b in stage.blocks if b.shortcut and b.shortcut.dashed) for stage in bp.stages
    ]
    count, stages, blocks = sum(dashed), len(bp.stages), len(bp.blocks)
    first_dashed = dashed[0] > 0
    return Draft(
        "How many blocks of this network have a dashed shortcut?",
        count,
        (
            (
                stages - 1,
                f"You forgot {bp.blocks[0].title}: it changes the channels, though not the size."
                if first_dashed
                else "You counted the first blocks of all stages but one.",
            ),
            (stages, "You counted the first block of every stage; look at what each one changes."),
            (blocks, "You counted every block."),
            (blocks - count, "Those are the solid ones."),
            (0, "You took every shortcut for an identity."),
            (count + 1, "You counted the stem; it has no shortcut."),
        ),
        "Dashed per stage, from "
        + f"{bp.stages[0].title} to {bp.stages[-1].title}: "
        + formula(" + ".join(map(str, dashed)), count),
        "shortcuts",
    )


def what_is_on_it(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Which ops lie on the shortcut."""
    block, shortcut = _choose(rng, bp)
    if shortcut.kind == "none":
        return None
    stride = 2 if shortcut.size_changes else 1
    names = {
        "nothing": "nothing: x is added as it is",
        "pad": f"every {'second' if stride == 2 else ''} pixel, new channels filled with zeros",
        "bare": f"a 1×1 convolution with stride {stride}",
        "norm": f"a 1×1 convolution with stride {stride}, then batch norm",
        "other": f"a 1×1 convolution with stride {3 - stride}, then batch norm",
        "three": f"a 3×3 convolution with stride {stride}, then batch norm",
    }
    names["pad"] = names["pad"].replace("  ", " ")
    kinds = [op.kind for op in block.shortcut_ops]
    right = {(): "nothing", ("pad",): "pad", ("conv",): "bare", ("conv", "batch_norm"): "norm"}[
        tuple(kinds)
    ]
    why = {
        "nothing": "The shape changes here or the network projects everywhere, so x cannot stay.",
        "pad": "Zero padding is option A; this network does not use it here.",
        "bare": "In this network a batch norm follows the projection.",
        "norm": "This network has no batch norm after a projection here.",
        "other": "The shortcut needs the main branch's stride, or the sizes differ.",
        "three": "Projections are 1×1: they mix channels and see no neighbours.",
    }
    if right == "nothing":
        why["bare"] = why["norm"] = "Nothing changes here, and x is added without any weights."
    elif right == "pad":
        why["bare"] = why["norm"] = "That is option B; this network pads (option A)."
    return Draft(
        f"What lies on the shortcut of {block.title} (`{block.path}`), which reads "
        f"{shape_text(block.in_shape)} and writes {shape_text(block.out_shape)}?",
        names[right],
        tuple((names[key], reason) for key, reason in why.items() if key != right),
        f"{_sentence(shortcut.why)}. The network's rule for that is: {names[right]}",
        "shortcuts",
        {"shortcuts_block": block.path},
    )


def params_on_it(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Parameters that one shortcut costs."""
    block, shortcut = _choose(rng, bp)
    if shortcut.kind == "none":
        return None
    c_in, c_out = shortcut.in_shape[0], shortcut.out_shape[0]
    params = sum(op.params for op in block.shortcut_ops)
    norm = sum(op.params for op in block.shortcut_ops if op.kind == "batch_norm")
    parts = [f"{c_in:,} × {c_out:,}"]
    if network.spec.conv_bias:
        parts.append(f"{c_out:,}")
    if norm:
        parts.append(f"2 × {c_out:,}")
    return Draft(
        f"How many parameters lie on the shortcut of {block.title} (`{block.path}`), which "
        f"reads {shape_text(block.in_shape)} and writes {shape_text(block.out_shape)}?",
        params,
        (
            (0, "You took it for an identity; it projects."),
            (
                c_in * c_out,
                "You counted the 1×1's weights only." if params else "There is no 1×1 on it.",
            ),
            (
                c_in * c_out + 2 * c_out,
                "You counted a batch norm after the projection; this network has none there."
                if params
                else "You counted a projection with batch norm; there is none.",
            ),
            (9 * c_in * c_out, "You counted a 3×3; projections are 1×1."),
            (c_in * c_out + c_out, "You counted one value per channel beside the weights."),
        ),
        f"{_sentence(shortcut.why)}; the shortcut is {_KIND[shortcut.kind]}"
        + (": " + formula(" + ".join(parts), params) if params else ", without weights: 0"),
        "shortcuts",
        {"shortcuts_block": block.path},
    )


_KIND = {
    "identity": "the identity",
    "padding": "subsampling and zero padding",
    "projection": "a projection",
}


def _choose(rng: Random, bp: Blueprint) -> tuple[Block, Shortcut]:
    """First blocks of stages as often as the others."""
    first = [stage.blocks[0] for stage in bp.stages]
    block = rng.choice(first if rng.random() < 0.6 else bp.blocks)
    assert block.shortcut is not None
    return block, block.shortcut


def _verdict(shortcut: Shortcut) -> str:
    if not shortcut.dashed:
        return "solid: nothing changes"
    if shortcut.channels_change and shortcut.size_changes:
        return "dashed: channels and size change"
    if shortcut.channels_change:
        return "dashed: only the channels change"
    if shortcut.size_changes:
        return "dashed: only the size changes"
    return "dashed: a projection although nothing changes"


def _missed(channels: bool, size: bool, said_channels: bool, said_size: bool) -> str:
    wrong = []
    if channels != said_channels:
        wrong.append(f"the channels {'do' if channels else 'do not'} change")
    if size != said_size:
        wrong.append(f"the size {'does' if size else 'does not'} change")
    return _sentence(" and ".join(wrong)) + "."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
