"""Questions on what a change of the network does to its counts."""

from dataclasses import dataclass, replace
from random import Random

from explorer.architecture import Blueprint, NetworkSpec
from explorer.architecture.spec import StrideOn
from explorer.lessons.quiz.networks import blueprint_of
from explorer.lessons.quiz.question import Draft, Network, formula


@dataclass(frozen=True, slots=True)
class _Change:
    """What is done, the network after it, and the wrong differences one computes, with why."""

    text: str
    spec: NetworkSpec
    image_size: int
    mistakes: tuple[tuple[int, str], ...] = ()


def more_or_less(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """Whether parameters and MACs rise, fall or stay."""
    change = rng.choice(_changes(network, bp, rng))
    after = blueprint_of(change.spec, change.image_size)
    params, macs = _trend(bp.params, after.params), _trend(bp.macs, after.macs)
    counts = (
        _moves("parameters", bp.params, after.params),
        _moves("MACs", bp.macs, after.macs),
    )
    mistakes = []
    for p in ("more", "equal", "fewer"):
        for m in ("more", "equal", "fewer"):
            missed = [text for text, ok in zip(counts, (p == params, m == macs), strict=True)
                      if not ok]  # fmt: skip
            if missed:
                mistakes.append((_both(p, m), f"Computed: {' and '.join(missed)}."))
    right = _both(params, macs)
    return Draft(
        f"{change.text} What happens to parameters and MACs?",
        right,
        tuple(mistakes),
        f"{counts[0][0].upper()}{counts[0][1:]} and {counts[1]}, so: {right}",
        "parameters",
        {"params_view": "This network"},
    )


def by_how_much(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The exact difference in parameters."""
    changes = [change for change in _changes(network, bp, rng) if change.mistakes]
    change = rng.choice(changes)
    after = blueprint_of(change.spec, change.image_size).params
    difference = abs(after - bp.params)
    larger, smaller = max(after, bp.params), min(after, bp.params)
    if difference == 0:
        return None
    verb = "come on top" if after > bp.params else "fall away"
    return Draft(
        f"{change.text} How many parameters {verb}?",
        difference,
        change.mistakes,
        "Both networks counted, and the difference: "
        + formula(f"{larger:,} - {smaller:,}", difference),
        "parameters",
        {"params_view": "This network"},
    )


def _moves(what: str, before: int, after: int) -> str:
    if before == after:
        return f"{what} stay at {before:,}"
    return f"{what} go from {before:,} to {after:,}"


def _trend(before: int, after: int) -> str:
    return "equal" if after == before else "more" if after > before else "fewer"


def _both(params: str, macs: str) -> str:
    words = {"more": "more", "equal": "as many", "fewer": "fewer"}
    return f"{words[params]} parameters, {words[macs]} MACs"


def _changes(network: Network, bp: Blueprint, rng: Random) -> list[_Change]:
    spec, size = network.spec, network.image_size
    larger = min(2 * size, 512)
    found = [_Change(f"The image grows from {size} to {larger} pixels a side.", spec, larger)]
    found.append(_other_classes(network, bp))
    found.append(_bias(network, bp))
    if shorter := _one_block_less(network, bp):
        found.append(rng.choice(shorter))
    if spec.block == "bottleneck":
        other: StrideOn = "1x1" if spec.stride_on == "3x3" else "3x3"
        found.append(
            _Change(
                f"The stride moves from the {spec.stride_on} to the {other} of each bottleneck.",
                replace(spec, stride_on=other),
                size,
            )
        )
    rules = {"padding": "projection", "projection": "padding", "projection-always": "projection"}
    if spec.shortcut in rules:
        found.append(_other_rule(network, bp, rules[spec.shortcut]))
    return [change for change in found if (change.spec, change.image_size) != (spec, size)]


def _other_classes(network: Network, bp: Blueprint) -> _Change:
    spec = network.spec
    classes = 10 if spec.num_classes != 10 else 1000
    features, step = bp.ops[-1].in_shape[0], abs(classes - spec.num_classes)
    return _Change(
        f"The classifier gets {classes:,} classes in place of {spec.num_classes:,}.",
        replace(spec, num_classes=classes),
        network.image_size,
        (
            (features * step, "You forgot the bias of each class."),
            (features * max(classes, spec.num_classes), "You took off none of the other classes."),
            (step, "You counted the biases only."),
            (features, "You counted one class only."),
        ),
    )


def _bias(network: Network, bp: Blueprint) -> _Change:
    spec = network.spec
    convolutions = [op for op in bp.ops if op.kind == "conv"]
    filters = sum(op.out_shape[0] for op in convolutions)
    verb = "lose their" if spec.conv_bias else "get"
    return _Change(
        f"All convolutions {verb} biases.",
        replace(spec, conv_bias=not spec.conv_bias),
        network.image_size,
        (
            (2 * filters, "A bias is one value per filter, not two as in batch norm."),
            (len(convolutions), "You counted one bias per layer, not per filter."),
            (
                sum(op.out_shape[0] for op in convolutions if not op.on_shortcut),
                "You forgot the projections' biases.",
            ),
            (sum(op.in_shape[0] for op in convolutions), "A bias belongs to an output channel."),
        ),
    )


def _one_block_less(network: Network, bp: Blueprint) -> list[_Change]:
    spec, found = network.spec, []
    for index, stage in enumerate(bp.stages):
        if len(stage.blocks) < 2:
            continue
        block, first = stage.blocks[-1], stage.blocks[0]
        depths = tuple(d - (i == index) for i, d in enumerate(spec.depths))
        weights = sum(op.params for op in block.ops if op.kind == "conv")
        found.append(
            _Change(
                f"{stage.title} loses its last block.",
                replace(spec, depths=depths),
                network.image_size,
                (
                    (weights, "You counted its convolutions and left out its batch norm."),
                    (first.params, "That is the stage's first block."),
                    (block.params // 2, "You counted half of it."),
                    (stage.params, "That is the whole stage."),
                ),
            )
        )
    return found


def _other_rule(network: Network, bp: Blueprint, rule: str) -> _Change:
    names = {"padding": "zero padding (option A)", "projection": "projections (option B)"}
    spec = replace(network.spec, shortcut=rule)  # type: ignore[arg-type]
    after = blueprint_of(spec, network.image_size)
    ops = [op for op in (*bp.ops, *after.ops) if op.on_shortcut and op.params]
    weights = sum(op.params for op in ops if op.kind == "conv")
    total = sum(op.params for op in ops)
    return _Change(
        f"The shortcuts become {names[rule]} where the shape changes"
        + (", and identities elsewhere." if network.spec.shortcut == "projection-always" else "."),
        spec,
        network.image_size,
        (
            (weights, "You left out the batch norms on the projections."),
            (9 * weights, "Projections are 1×1, not 3×3."),
            (total, "You forgot that some projections stay."),
            (total - weights, "You counted the batch norms on the shortcuts only."),
        ),
    )
