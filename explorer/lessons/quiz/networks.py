"""Which networks a quiz asks about: named ones, and variations of them."""

from dataclasses import replace
from functools import partial
from random import Random
from typing import Final

from explorer.architecture import PRESETS, NetworkSpec, Preset
from explorer.lessons.quiz.question import Network, in_a_row
from explorer.words import label, section

DEEPEST: Final = 200
"""Deeper networks only repeat the same blocks; they are asked about when they are chosen."""

_says = partial(section, "quiz_networks")

_LATER: Final = frozenset({"imagenet_more", "cifar_both", "cifar_more"})
"""Families that came after quizzes were shared: a seed goes on to draw what it drew."""

_POOL: Final = tuple(
    entry
    for entry in PRESETS.values()
    if entry.spec.depth <= DEEPEST and entry.family not in _LATER
)
_IMAGE_SIZES: Final = {
    "imagenet": (96, 128, 160, 192, 224, 225, 256, 288, 320, 333, 384),
    "cifar": (28, 32, 33, 40, 48, 64),
}


def named_networks() -> tuple[Network, ...]:
    """The networks that everybody knows, as published: a class has seen them in the lesson."""
    return tuple(map(_published, (PRESETS[name] for name in ("resnet18", "resnet34", "resnet50"))))


def every_network() -> tuple[Network, ...]:
    """All of the sidebar's, as published: what people build today among them."""
    return tuple(_published(entry) for entry in PRESETS.values() if entry.spec.depth <= DEEPEST)


def random_network(rng: Random) -> Network:
    """A named network, as published or with one thing changed about it."""
    network = _published(rng.choice(_POOL))
    if rng.random() < 0.5:
        return network
    change = rng.choice(
        (_other_size, _other_classes, _other_depths, _other_shortcut, _other_widths)
    )
    return change(network, rng)


def _published(entry: Preset) -> Network:
    return Network(entry.name, entry.title, entry.spec, entry.image_size)


def describe(network: Network) -> str:
    """Everything that an answer about this network needs, in one line."""
    spec, size = network.spec, network.image_size
    parts = [
        _says(f"blocks, {spec.block}", depths=in_a_row(spec.depths)),
        _says("widths", widths=in_a_row(spec.widths)),
        _says(f"stem, {spec.stem}"),
        _says(f"shortcut, {spec.shortcut}"),
    ]
    if spec.block == "bottleneck":
        parts.append(_says("stride", stride_on=label(f"stride_on.{spec.stride_on}")))
    if (spec.groups, spec.width_per_group) != (1, 64):
        parts.append(_says("groups", groups=spec.groups, width=spec.width_per_group))
    if spec.activation_order == "pre":
        parts.append(_says("pre-activation"))
    if spec.norm == "none":
        parts.append(_says("no batch norm"))
    elif spec.shortcut.startswith("projection") and not spec.norm_on_projection:
        parts.append(_says("no batch norm on projections"))
    if spec.conv_bias:
        parts.append(_says("biases"))
    parts += _less_usual(spec)
    parts.append(_says("input", channels=spec.in_channels, size=size))
    parts.append(_says("classes", classes=spec.num_classes))
    described = label("quiz.semicolon").join(parts)
    return _says("network", title=network.title, described=described)


def _less_usual(spec: NetworkSpec) -> list[str]:
    """What few networks have, and an answer may hang on."""
    found = {
        "group norm": spec.norm == "group",
        "eps": spec.norm_eps != 1e-5,
        "no final norm": spec.activation_order == "pre" and not spec.final_norm,
        "first shortcut": spec.bare_stem and not spec.share_first,
        "raw projections": _is_pre_with_changes(spec) and not spec.share_projection,
        "stem with norm": spec.activation_order == "pre" and spec.stem_norm == "always",
        "stem without norm": spec.activation_order == "pre" and spec.stem_norm == "never",
        "stem width": spec.stem_channels != spec.widths[0],
        "stem bias": spec.stem_bias and not spec.conv_bias,
        "expansion": spec.expansion is not None,
        "zeros on both sides": spec.shortcut == "padding" and spec.zero_padding == "both",
        "average pooling": spec.avg_down and spec.shortcut != "none",
        "output stride": any(step.dilation > 1 for step in spec.stage_steps),
        "squeeze-and-excitation": spec.se_ratio > 0,
    }
    numbers = {
        "eps": f"{spec.norm_eps:g}",
        "channels": spec.stem_channels,
        "times": spec.expands_by,
        "pixels": spec.output_stride,
        "ratio": spec.se_ratio,
    }
    return [_says(part, **numbers) for part, has in found.items() if has]


def _is_pre_with_changes(spec: NetworkSpec) -> bool:
    return spec.activation_order == "pre" and spec.shortcut != "none"


def _changed(network: Network, changed: str, **fields: object) -> Network:
    spec = replace(network.spec, **fields)  # type: ignore[arg-type]
    if spec == network.spec:
        return network
    classes = spec.num_classes
    title = _says(f"title, other {changed}", title=network.title, classes=classes)
    return replace(network, title=title, spec=spec)


def _other_size(network: Network, rng: Random) -> Network:
    sizes = [size for size in _sizes(network.spec) if size != network.image_size]
    return replace(network, image_size=rng.choice(sizes))


def _sizes(spec: NetworkSpec) -> tuple[int, ...]:
    """Small images for stems that keep the size."""
    return _IMAGE_SIZES["imagenet" if spec.stem_stride > 1 else "cifar"]


def _other_classes(network: Network, rng: Random) -> Network:
    count = rng.choice((2, 10, 37, 100, 200, 1000))
    return _changed(network, "classes", num_classes=count)


def _other_depths(network: Network, rng: Random) -> Network:
    depths = tuple(rng.randint(1, 6) for _ in network.spec.depths)
    return _changed(network, "depths", depths=depths)


def _other_widths(network: Network, rng: Random) -> Network:
    small = network.spec.stem_stride == 1
    factor = rng.choice((2, 3)) if small else rng.choice((0.5, 0.75, 1.5))
    widths = tuple(int(width * factor) for width in network.spec.widths)
    return _changed(network, "widths", widths=widths)


def _other_shortcut(network: Network, rng: Random) -> Network:
    rule = rng.choice(("projection", "padding", "projection-always"))
    return _changed(network, "shortcuts", shortcut=rule)
