"""Questions on shortcuts: solid or dashed and why, how many, what lies on them, what they cost."""

from functools import partial
from random import Random

from explorer.architecture import Block, Blueprint, Shortcut
from explorer.architecture.image_size import TIMES
from explorer.architecture.notation import shape_text
from explorer.lessons.quiz.question import Draft, Network, Worded, formula
from explorer.words import label, section

_say = partial(section, "quiz_shortcuts")


def solid_or_dashed(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """How a block's shortcut is drawn, and the reason."""
    block, shortcut = _choose(rng, bp)
    if shortcut.kind == "none":
        return None
    numbers = _numbers(block, shortcut)
    always = network.spec.shortcut == "projection-always"
    wrong = {
        "both": _missed(shortcut, True, True),
        "channels": _missed(shortcut, True, False),
        "size": _missed(shortcut, False, True),
        "nothing": _missed(shortcut, False, False) or "projects_everywhere",
        "always": "shape_changes" if always else "projects_where_it_must",
    }
    right = _verdict(shortcut)
    return Draft(
        _say("drawn: asks", block=block.title, path=block.path),
        _drawn(right),
        tuple(
            (_drawn(said), _say(f"drawn: {why}", **numbers))
            for said, why in wrong.items()
            if said != right
        ),
        _say(f"drawn: so, {right}", right=_drawn(right).text, **numbers),
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
    return Draft(
        _say("dashed: asks"),
        count,
        (
            (
                stages - 1,
                _say("dashed: first block forgotten", block=bp.blocks[0].title)
                if dashed[0]
                else _say("dashed: stages but one"),
            ),
            (stages, _say("dashed: every stage")),
            (blocks, _say("dashed: every block")),
            (blocks - count, _say("dashed: solid ones")),
            (0, _say("dashed: none")),
            (count + 1, _say("dashed: stem")),
        ),
        _say(
            "dashed: so",
            first=bp.stages[0].title,
            last=bp.stages[-1].title,
            formula=formula(" + ".join(map(str, dashed)), count),
        ),
        "shortcuts",
    )


def what_is_on_it(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Which ops lie on the shortcut."""
    block, shortcut = _choose(rng, bp)
    if shortcut.kind == "none":
        return None
    stride = 2 if shortcut.size_changes else 1
    lies = {(): "nothing", ("pad",): "pad", ("conv",): "bare", ("conv", "batch_norm"): "norm"}
    right = lies.get(tuple(op.kind for op in block.shortcut_ops))
    if right is None or any(op.zeros_before for op in block.shortcut_ops):
        return None  # a pool, group norm, or zeros on both sides: no option says so
    why = {
        "nothing": "it_cannot_stay",
        "pad": "no_padding_here",
        "bare": "batch_norm_follows",
        "norm": "no_batch_norm",
        "other": "other_stride",
        "three": "no_3x3",
    }
    if right == "nothing":
        why["bare"] = why["norm"] = "no_weights"
    elif right == "pad":
        why["bare"] = why["norm"] = "pads"
    numbers = _numbers(block, shortcut)
    return Draft(
        _say("on it: asks", block=block.title, path=block.path, **numbers),
        _lies(right, stride),
        tuple(
            (_lies(name, stride), _say(f"on it: {w}")) for name, w in why.items() if name != right
        ),
        _say(f"on it: so, {_changes(shortcut)}", right=_lies(right, stride).text, **numbers),
        "shortcuts",
        {"shortcuts_block": block.path},
    )


def params_on_it(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Parameters that one shortcut costs."""
    block, shortcut = _choose(rng, bp)
    if shortcut.kind == "none":
        return None
    if any(op.kind == "group_norm" for op in block.shortcut_ops):
        return None  # the answers to choose from speak of batch norm
    c_in, c_out = shortcut.in_shape[0], shortcut.out_shape[0]
    params = sum(op.params for op in block.shortcut_ops)
    norm = sum(op.params for op in block.shortcut_ops if op.kind == "batch_norm")
    parts = [f"{c_in:,} × {c_out:,}"]
    if network.spec.conv_bias:
        parts.append(f"{c_out:,}")
    if norm:
        parts.append(f"2 × {c_out:,}")
    numbers = _numbers(block, shortcut)
    projects = "batch_norm" if params else "projection_with_batch_norm"
    return Draft(
        _say("cost: asks", block=block.title, path=block.path, **numbers),
        params,
        (
            (0, _say("cost: no projection seen")),
            (c_in * c_out, _say("cost: weights only" if params else "cost: no 1x1")),
            (c_in * c_out + 2 * c_out, _say(f"cost: {projects}")),
            (9 * c_in * c_out, _say("cost: 3x3")),
            (c_in * c_out + c_out, _say("cost: one per channel")),
        ),
        _say(
            f"cost: so, {shortcut.kind}, {_changes(shortcut)}",
            formula=formula(" + ".join(parts), params),
            **numbers,
        ),
        "shortcuts",
        {"shortcuts_block": block.path},
    )


def _choose(rng: Random, bp: Blueprint) -> tuple[Block, Shortcut]:
    """First blocks of stages as often as the others."""
    first = [stage.blocks[0] for stage in bp.stages]
    block = rng.choice(first if rng.random() < 0.6 else bp.blocks)
    assert block.shortcut is not None
    return block, block.shortcut


def _drawn(how: str) -> Worded:
    return Worded(how, label(f"quiz_drawn.{how}"))


def _lies(what: str, stride: int) -> Worded:
    """What lies on a shortcut; `other` has the stride that it should not have."""
    name = "norm" if what == "other" else what
    stride = 3 - stride if what == "other" else stride
    if what == "pad":
        name = f"pad_{stride}"
    return Worded(what, label(f"quiz_on_it.{name}", stride=stride))


def _changes(shortcut: Shortcut) -> str:
    if shortcut.channels_change and shortcut.size_changes:
        return "both"
    if shortcut.channels_change:
        return "channels"
    return "size" if shortcut.size_changes else "nothing"


def _verdict(shortcut: Shortcut) -> str:
    changes = _changes(shortcut)
    return "always" if shortcut.dashed and changes == "nothing" else changes


def _missed(shortcut: Shortcut, said_channels: bool, said_size: bool) -> str:
    """What is wrong with saying so; empty where nothing is."""
    wrong = []
    if shortcut.channels_change != said_channels:
        wrong.append("channels_do" if shortcut.channels_change else "channels_do_not")
    if shortcut.size_changes != said_size:
        wrong.append("size_does" if shortcut.size_changes else "size_does_not")
    return ", ".join(wrong)


def _numbers(block: Block, shortcut: Shortcut) -> dict[str, object]:
    (c_in, h_in, w_in), (c_out, h_out, w_out) = shortcut.in_shape, shortcut.out_shape
    return {
        "read": shape_text(block.in_shape),
        "written": shape_text(block.out_shape),
        "c_in": c_in,
        "c_out": c_out,
        "size_in": f"{h_in}{TIMES}{w_in}",
        "size_out": f"{h_out}{TIMES}{w_out}",
    }
