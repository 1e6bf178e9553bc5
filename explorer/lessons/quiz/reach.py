"""Questions on the receptive field and on counting depth."""

from collections import Counter
from random import Random

from explorer.architecture import Blueprint, Op
from explorer.lessons.quiz.question import Draft, Network, formula, listed


def receptive_field(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Input pixels that one value depends on."""
    windows = [op for op in bp.ops if op.kernel > 1 and op.kind in ("conv", "max_pool")]
    op = bp.feature_op if rng.random() < 0.3 else rng.choice(windows)
    steps = _windows_before(bp, op)
    by_jump: Counter[int] = Counter()
    for step, jump in steps:
        by_jump[jump] += step.kernel - 1
    if len(steps) < 2:
        return None
    right = op.receptive_field
    terms = " + ".join(f"{reach} × {jump}" for jump, reach in sorted(by_jump.items()))
    last, last_jump = steps[-1]
    return Draft(
        f"How many input pixels, along one axis, can one value of `{op.path}` depend on?",
        right,
        (
            (1 + sum(step.kernel - 1 for step, _ in steps), "You forgot the strides before it."),
            (right - (last.kernel - 1) * last_jump, f"You left out `{last.path}`, the last one."),
            (
                1 + sum((step.kernel - 1) * step.output_stride for step, _ in steps),
                "You multiplied by the stride after each window, not before it.",
            ),
            (
                1 + sum(step.kernel * jump for step, jump in steps),
                "You added the kernel; a window adds kernel - 1.",
            ),
            (network.image_size, "That is the image; the field does not depend on its size."),
            (right - 1, "You forgot the pixel that one starts with."),
        ),
        "Each window adds (kernel - 1) × the output stride before it. Grouped by that stride: "
        + formula(f"1 + {terms}", right),
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
        f"How many input pixels lie between two neighbouring values of `{op.path}` (its output "
        "stride)?",
        right,
        (
            (right // 2, "You missed one of the ops with stride 2."),
            (right * 2, "You counted one stride too many: conv2_x does not halve the size."),
            (sum(strides), "You added the strides; they multiply."),
            (op.receptive_field, "That is its receptive field."),
            (op.out_shape[1], "That is the size of the feature map."),
        ),
        "The strides on the way multiply: " + formula(" × ".join(map(str, strides)), right),
        "shape_trace",
        {"trace_op": op.path},
    )


def depth_in_the_name(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The number that a ResNet's name carries."""
    spec = network.spec
    per_block, blocks = (2, sum(spec.depths)) if spec.block == "basic" else (3, sum(spec.depths))
    projections = sum(1 for op in bp.ops if op.kind == "conv" and op.on_shortcut)
    depths = " + ".join(map(str, spec.depths))
    return Draft(
        f"A ResNet has {spec.block} blocks, {listed(spec.depths)} per stage. "
        "Which number of layers does its name carry?",
        spec.depth,
        (
            (spec.depth - 2, "You forgot the stem's convolution and the classifier."),
            (spec.depth - 1, "You forgot the classifier, or the stem's convolution."),
            (spec.depth + projections, "You counted the projections; the name does not."),
            (2 + blocks * (5 - per_block), f"A {spec.block} block has {per_block} convolutions."),
            (2 + blocks, "You counted blocks; each has several convolutions."),
        ),
        f"Stem and classifier, and {per_block} convolutions per block: "
        + formula(f"2 + {per_block} × ({depths})", spec.depth),
        "",
        hides_name=True,
    )


def how_many_convolutions(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """All convolutions, those on the shortcuts too."""
    spec = network.spec
    per_block, blocks = 2 if spec.block == "basic" else 3, len(bp.blocks)
    projections = sum(1 for op in bp.ops if op.kind == "conv" and op.on_shortcut)
    count = 1 + per_block * blocks + projections
    return Draft(
        "How many convolutions does this network hold, the shortcuts' included?",
        count,
        (
            (count - projections, "You forgot the projections on the shortcuts."),
            (spec.depth, "That is the number in its name: it counts the classifier, and no "
             "projection."),
            (count - 1, "You forgot the stem."),
            (count + 1, "You counted the classifier; it is a linear layer."),
            (spec.depth + projections, "You counted the classifier beside the convolutions."),
        ),
        f"Stem, {per_block} per block, projections: "
        + formula(f"1 + {per_block} × {blocks} + {projections}", count),
        "parameters",
        {"params_view": "This network"},
    )  # fmt: skip


def missing_depth(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The blocks of one stage, from the number in the name."""
    spec = network.spec
    if len(spec.depths) < 2:
        return None
    hidden = rng.randrange(len(spec.depths))
    per_block = 2 if spec.block == "basic" else 3
    shown = ", ".join("?" if i == hidden else str(d) for i, d in enumerate(spec.depths))
    others = [depth for i, depth in enumerate(spec.depths) if i != hidden]
    right, known = spec.depths[hidden], sum(others)
    return Draft(
        f"A ResNet of {spec.depth} layers has {spec.block} blocks, {shown} per stage. "
        "Which number stands at the question mark?",
        right,
        (
            ((spec.depth - 2) // per_block, "You forgot to take off the blocks of other stages."),
            (
                (spec.depth - 2) // (5 - per_block) - known,
                f"A {spec.block} block has {per_block} convolutions.",
            ),
            (right + 1, "You counted stem and classifier as if they were a block."),
            (per_block * right, "Those are layers; a block has several."),
            (spec.depth - 2 - known, "You mixed layers and blocks."),
        ),
        "Stem and classifier off, divided by the convolutions per block, known blocks off: "
        + formula(f"({spec.depth} - 2) / {per_block} - ({' + '.join(map(str, others))})", right),
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
