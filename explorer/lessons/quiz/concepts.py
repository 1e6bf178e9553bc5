"""Questions in words: what is normalised, what a block learns, why a shortcut is dashed."""

from functools import partial
from random import Random

from explorer.architecture import Block, Blueprint
from explorer.lessons.quiz.question import Draft, Network, Worded
from explorer.words import section

_say = partial(section, "quiz_concepts")


def mean_in_a_mode(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Which mean batch norm subtracts in train mode and in eval mode."""
    norms = [op.path for op in bp.ops if op.kind == "batch_norm"]
    if not norms:
        return None
    mode = rng.choice(("train", "eval"))
    right = "batch" if mode == "train" else "running"
    others = [name for name in ("batch", "running", "image", "learned") if name != right]
    return _draft(
        "mode", _say(f"mode: asks, {mode}", path=rng.choice(norms)), right, others, mode,
        "batch_norm", {"bn_section": "modes"},
    )  # fmt: skip


def axes_of_a_norm(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """What batch, layer, instance and group norm average over."""
    norms = ("batch", "layer", "instance", "group")
    right = rng.choice(norms)
    op = rng.choice([op for op in bp.ops if len(op.out_shape) == 3])
    others = [name for name in norms if name != right]
    return _draft(
        "axes", _say(f"axes: asks, {right}", path=op.path), right, others, right,
        "batch_norm", {"bn_section": "steps"},
    )  # fmt: skip


def what_is_learned(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The residual mapping, from the shortcut of a block."""
    fed_x = [block for block in bp.blocks if not _starts_inside(block)]
    if not fed_x:
        return None
    block = rng.choice(fed_x)
    right = block.shortcut.kind if block.shortcut else "none"
    others = [name for name in ("identity", "projection", "none", "sum") if name != right]
    if right == "padding":
        others = ["identity", "projection", "none", "sum"]
    return _draft(
        "learned", _say(f"learned: asks, {right}", block=block.title), right, others, right,
        "block_lab", {"unit_view": "numbers"},
    )  # fmt: skip


def order_of_layers(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """In which order convolution, batch norm, ReLU and addition stand."""
    spec = network.spec
    if spec.norm != "batch" or spec.shortcut == "none":
        return None
    right = spec.activation_order
    others = [
        name for name in ("post", "pre", "relu_in_branch", "norm_after_relu") if name != right
    ]
    return _draft("order", _say(f"order: asks, {right}"), right, others, right, "block_lab", {})


def why_dashed(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Why the shortcut of a block is drawn solid or dashed."""
    changing = [block for block in bp.blocks if block.in_shape != block.out_shape]
    if not changing or network.spec.shortcut in ("none", "projection-always"):
        return None
    block = rng.choice(changing if rng.random() < 0.7 else bp.blocks)
    right = _what_changes(block)
    others = [name for name in ("both", "channels", "size", "nothing") if name != right]
    return _draft(
        "dashed", _say("dashed: asks", block=block.title), right, others, right,
        "shortcuts", {"shortcuts_block": block.path},
    )  # fmt: skip


def _what_changes(block: Block) -> str:
    channels = block.in_shape[0] != block.out_shape[0]
    size = block.in_shape[1:] != block.out_shape[1:]
    return (
        "both" if channels and size else "channels" if channels else "size" if size else "nothing"
    )


def silent_branch(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """What a block writes whose main branch writes 0."""
    spec = network.spec
    same = [
        block
        for block in bp.blocks
        if block.in_shape == block.out_shape and not _starts_inside(block)
    ]
    if not same or spec.shortcut == "projection-always":
        return None
    asks = "plain" if spec.shortcut == "none" else spec.activation_order
    right = {"plain": "zero", "pre": "x", "post": "relu"}[asks]
    others = [name for name in ("zero", "x", "relu", "one") if name != right]
    asked = _say(f"silent: asks, {asks}", block=rng.choice(same).title)
    return _draft("silent", asked, right, others, right, "block_lab", {"unit_view": "numbers"})


def _starts_inside(block: Block) -> bool:
    """Whether the shortcut carries relu(bn(x)) and not x, as where pre-activation is shared."""
    return block.shortcut is not None and block.shortcut.source.startswith(f"{block.path}.")


def what_degrades(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Which observation is degradation, and which is overfitting."""
    right = rng.choice(("degradation", "overfitting"))
    names = ("degradation", "overfitting", "vanishing", "shift")
    others = [name for name in names if name != right]
    return _draft(
        "errors", _say(f"errors: asks, {right}"), right, others, right,
        "why_residual", {"why_part": "training"},
    )  # fmt: skip


def what_still_moves(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """What of a batch norm changes in a training step, by what was switched off."""
    case = rng.choice(("no_gradient", "eval", "both"))
    right = {"no_gradient": "running", "eval": "learned", "both": "nothing"}[case]
    others = [name for name in ("running", "learned", "nothing", "all") if name != right]
    return _draft(
        "moves", _say(f"moves: asks, {case}"), right, others, right,
        "batch_norm", {"bn_section": "claims"},
    )  # fmt: skip


def _draft(
    kind: str, asks: str, right: str, others: list[str], so: str, page: str, state: dict[str, str]
) -> Draft:
    """Answers by id; the sections `KIND: is ID`, `KIND: not ID` and `KIND: so, ID` word them."""

    def answer(name: str) -> Worded:
        return Worded(f"{kind}_{name}", _say(f"{kind}: is {name}"))

    mistakes = tuple((answer(name), _say(f"{kind}: not {name}")) for name in others)
    explanation = _say(f"{kind}: so, {so}", right=answer(right).text)
    return Draft(asks, answer(right), mistakes, explanation, page, state)
