"""Questions on what a change of the network does to its counts."""

from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Final

from explorer.architecture import Blueprint, NetworkSpec, blueprint
from explorer.architecture.choices import StrideOn
from explorer.lessons.quiz.question import COUNTS, Draft, Network, Worded, formula
from explorer.words import label, section

TRENDS: Final = ("more", "equal", "fewer")

_say = partial(section, "quiz_changes")


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
    after = blueprint(change.spec, change.image_size)
    params, macs = _trend(bp.params, after.params), _trend(bp.macs, after.macs)
    numbers = {
        "params": bp.params,
        "new_params": after.params,
        "macs": bp.macs,
        "new_macs": after.macs,
    }
    moves = {
        "params": "params_stay" if params == "equal" else "params_go",
        "macs": "macs_stay" if macs == "equal" else "macs_go",
    }
    mistakes = []
    for p in TRENDS:
        for m in TRENDS:
            said = {"params": p == params, "macs": m == macs}
            missed = ", ".join(moves[what] for what, right in said.items() if not right)
            if missed:
                mistakes.append((_both(p, m), _say(f"trend: {missed}", **numbers)))
    right = _both(params, macs)
    so = f"trend: so, {moves['params']}, {moves['macs']}"
    return Draft(
        _say("trend: asks", change=change.text),
        right,
        tuple(mistakes),
        _say(so, right=right.text, **numbers),
        *COUNTS,
    )


def by_how_much(rng: Random, network: Network, bp: Blueprint) -> Draft | None:
    """The exact difference in parameters."""
    changes = [change for change in _changes(network, bp, rng) if change.mistakes]
    change = rng.choice(changes)
    after = blueprint(change.spec, change.image_size).params
    difference = abs(after - bp.params)
    larger, smaller = max(after, bp.params), min(after, bp.params)
    if difference == 0:
        return None
    return Draft(
        _say(f"difference: asks, {_trend(bp.params, after)}", change=change.text),
        difference,
        change.mistakes,
        _say("difference: so", formula=formula(f"{larger:,} - {smaller:,}", difference)),
        *COUNTS,
    )


def _trend(before: int, after: int) -> str:
    return "equal" if after == before else "more" if after > before else "fewer"


def _both(params: str, macs: str) -> Worded:
    both = f"params_{params}_macs_{macs}"
    return Worded(both, label(f"quiz_trend.{both}"))


def _changes(network: Network, bp: Blueprint, rng: Random) -> list[_Change]:
    spec, size = network.spec, network.image_size
    larger = min(2 * size, 512)
    found = [_Change(_say("size", size=size, larger=larger), spec, larger)]
    found.append(_other_classes(network, bp))
    found.append(_bias(network, bp))
    if shorter := _one_block_less(network, bp):
        found.append(rng.choice(shorter))
    if spec.block == "bottleneck":
        other: StrideOn = "1x1" if spec.stride_on == "3x3" else "3x3"
        found.append(
            _Change(
                _say(
                    "stride",
                    stride_on=label(f"stride_on.{spec.stride_on}"),
                    other=label(f"stride_on.{other}"),
                ),
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
        _say("classes", classes=classes, before=spec.num_classes),
        replace(spec, num_classes=classes),
        network.image_size,
        (
            (features * step, _say("classes: no biases")),
            (features * max(classes, spec.num_classes), _say("classes: none taken off")),
            (step, _say("classes: biases only")),
            (features, _say("classes: one class")),
        ),
    )


def _bias(network: Network, bp: Blueprint) -> _Change:
    spec = network.spec
    convolutions = [op for op in bp.ops if op.kind == "conv"]
    filters = sum(op.out_shape[0] for op in convolutions)
    return _Change(
        _say("biases go" if spec.conv_bias else "biases come"),
        replace(spec, conv_bias=not spec.conv_bias),
        network.image_size,
        (
            (2 * filters, _say("biases: as in batch norm")),
            (len(convolutions), _say("biases: per layer")),
            (
                sum(op.out_shape[0] for op in convolutions if not op.on_shortcut),
                _say("biases: no projections"),
            ),
            (sum(op.in_shape[0] for op in convolutions), _say("biases: input channels")),
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
                _say("block", stage=stage.title),
                replace(spec, depths=depths),
                network.image_size,
                (
                    (weights, _say("block: no batch norm")),
                    (first.params, _say("block: first block")),
                    (block.params // 2, _say("block: half")),
                    (stage.params, _say("block: whole stage")),
                ),
            )
        )
    return found


def _other_rule(network: Network, bp: Blueprint, rule: str) -> _Change:
    spec = replace(network.spec, shortcut=rule)  # type: ignore[arg-type]
    after = blueprint(spec, network.image_size)
    ops = [op for op in (*bp.ops, *after.ops) if op.on_shortcut and op.params]
    weights = sum(op.params for op in ops if op.kind == "conv")
    total = sum(op.params for op in ops)
    return _Change(
        _say(f"shortcuts, from {network.spec.shortcut}"),
        spec,
        network.image_size,
        (
            (weights, _say("shortcuts: no batch norm")),
            (9 * weights, _say("shortcuts: 3x3")),
            (total, _say("shortcuts: some stay")),
            (total - weights, _say("shortcuts: batch norm only")),
        ),
    )
