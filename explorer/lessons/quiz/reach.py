"""Questions on the receptive field and on counting depth."""

from collections import Counter
from functools import partial
from random import Random

from explorer.architecture import PRESETS, Blueprint, Op
from explorer.lessons.quiz.question import COUNTS, Draft, Network, formula, in_a_row
from explorer.words import section

_say = partial(section, "quiz_reach")


def receptive_field(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The theoretical field: what one value would depend on in an image without border.

    The image's size is no wrong answer: a field beyond it is cut off there.
    """
    windows = [op for op in bp.ops if op.kernel > 1 and op.kind in ("conv", "max_pool")]
    op = bp.feature_op if rng.random() < 0.3 else rng.choice(windows)
    steps = _windows_before(bp, op)
    by_jump: Counter[int] = Counter()
    for step, jump in steps:
        by_jump[jump] += step.span - 1
    if len(steps) < 2:
        return None
    right = op.receptive_field
    terms = " + ".join(f"{reach} × {jump}" for jump, reach in sorted(by_jump.items()))
    last, last_jump = steps[-1]
    return Draft(
        _say("field: asks", path=op.path),
        right,
        (
            (1 + sum(step.span - 1 for step, _ in steps), _say("field: no strides")),
            (
                right - (last.span - 1) * last_jump,
                _say("field: last one missing", path=last.path),
            ),
            (
                1 + sum((step.span - 1) * step.output_stride for step, _ in steps),
                _say("field: stride after the window"),
            ),
            (
                1 + sum(step.span * jump for step, jump in steps),
                _say("field: kernel added"),
            ),
            (2 * right - 1, _say("field: both sides")),
            (right - 1, _say("field: first pixel missing")),
        ),
        _say("field: so", formula=formula(f"1 + {terms}", right)),
        "shape_trace",
        {"trace_op": op.path},
    )


def output_stride(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Input pixels between neighbours of a feature map."""
    op = rng.choice([stage.blocks[-1].ops[-1] for stage in bp.stages])
    strides = [step.stride for step in _main_path(bp, op) if step.stride > 1]
    if len(strides) < 2:
        return None
    right = op.output_stride
    return Draft(
        _say("stride: asks", path=op.path),
        right,
        (
            (right // 2, _say("stride: one missing")),
            (right * 2, _say("stride: one too many")),
            (sum(strides), _say("stride: added")),
            (op.receptive_field, _say("stride: receptive field")),
            (op.out_shape[1], _say("stride: size of the map")),
        ),
        _say("stride: so", formula=formula(" × ".join(map(str, strides)), right)),
        "shape_trace",
        {"trace_op": op.path},
    )


def depth_in_the_name(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The number that a ResNet's name carries."""
    spec = network.spec
    if (entry := PRESETS.get(network.name)) and entry.number:
        return None  # a family whose names count other layers
    per_block, blocks = (2, sum(spec.depths)) if spec.block == "basic" else (3, sum(spec.depths))
    projections = sum(1 for op in bp.ops if op.kind == "conv" and op.on_shortcut)
    depths = " + ".join(map(str, spec.depths))
    return Draft(
        _say(f"name: asks, {spec.block}", depths=in_a_row(spec.depths)),
        spec.depth,
        (
            (spec.depth - 2, _say("name: no ends")),
            (spec.depth - 1, _say("name: one end")),
            (spec.depth + projections, _say("name: projections")),
            (2 + blocks * (5 - per_block), _say(f"convolutions per block, {spec.block}")),
            (2 + blocks, _say("name: blocks")),
        ),
        _say(
            "name: so",
            per_block=per_block,
            formula=formula(f"2 + {per_block} × ({depths})", spec.depth),
        ),
        "",
        hides_name=True,
    )


def how_many_convolutions(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """All convolutions, those on the shortcuts too."""
    spec = network.spec
    per_block, blocks = 2 if spec.block == "basic" else 3, len(bp.blocks)
    projections = sum(1 for op in bp.ops if op.kind == "conv" and op.on_shortcut)
    stem = sum(1 for op in bp.stem.ops if op.kind == "conv")
    count = stem + per_block * blocks + projections
    return Draft(
        _say("convolutions: asks"),
        count,
        (
            (count - projections, _say("convolutions: no projections")),
            (spec.depth, _say("convolutions: the name")),
            (count - stem, _say("convolutions: no stem")),
            (count + 1, _say("convolutions: classifier")),
            (spec.depth + projections, _say("convolutions: classifier as well")),
        ),
        _say(
            "convolutions: so",
            per_block=per_block,
            formula=formula(f"{stem} + {per_block} × {blocks} + {projections}", count),
        ),
        *COUNTS,
    )


def missing_depth(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The blocks of one stage, from the number in the name."""
    spec = network.spec
    if len(spec.depths) < 2:
        return None
    hidden = rng.randrange(len(spec.depths))
    per_block = 2 if spec.block == "basic" else 3
    shown = in_a_row("?" if i == hidden else d for i, d in enumerate(spec.depths))
    others = [depth for i, depth in enumerate(spec.depths) if i != hidden]
    right, known = spec.depths[hidden], sum(others)
    return Draft(
        _say(f"missing: asks, {spec.block}", depth=spec.depth, shown=shown),
        right,
        (
            ((spec.depth - 2) // per_block, _say("missing: other stages")),
            (
                (spec.depth - 2) // (5 - per_block) - known,
                _say(f"convolutions per block, {spec.block}"),
            ),
            (right + 1, _say(f"missing: ends as a block, {spec.block}")),
            (per_block * right, _say("missing: layers")),
            (spec.depth - 2 - known, _say("missing: mixed")),
        ),
        _say(
            "missing: so",
            formula=formula(
                f"({spec.depth} - 2) / {per_block} - ({' + '.join(map(str, others))})", right
            ),
        ),
        "",
        hides_name=True,
    )


def _main_path(bp: Blueprint, op: Op) -> list[Op]:
    """From the image to `op` along the main branches, `op` included."""
    by_path = {other.path: other for other in bp.ops}
    path = [op]
    while path[-1].inputs[0] in by_path:
        path.append(by_path[path[-1].inputs[0]])
    return path[::-1]


def _windows_before(bp: Blueprint, op: Op) -> list[tuple[Op, int]]:
    """Windows that widen the field up to `op`, each with the output stride it reads at."""
    path, jump, found = _main_path(bp, op), 1, []
    for step in path:
        if step.kernel > 1:
            found.append((step, jump))
        jump = step.output_stride
    return found
