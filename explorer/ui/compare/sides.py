"""Which two networks: the sidebar's on the left, another named one on the right."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import streamlit as st

from explorer.architecture import PRESETS, NetworkSpec, blueprint
from explorer.architecture.alignment import Alignment, aligned, differing_fields
from explorer.architecture.published import Figure, figures_of
from explorer.lessons.compare import Titles
from explorer.ui import controls, overview, picker
from explorer.ui.picker import Choice
from explorer.words import FieldError, has_label, label, quoted, section

WITH: Final = "with"
BLOCK: Final = "compare_block"
UNFOLD: Final = "compare_unfold"
_OFTEN: Final = (
    ("resnet18", "resnet34"),
    ("resnet34", "resnet50"),
    ("resnet50", "resnet50_v1"),
    ("plain34", "resnet34"),
    ("resnet50", "resnext50_32x4d"),
    ("resnet50", "resnet50d"),
    ("resnet50", "seresnet50"),
    ("resnet18", "d2l_resnet18"),
    ("preact_resnet50", "resnet50_v1"),
)


@dataclass(frozen=True)
class Sides:
    """Both networks, side by side."""

    one: Alignment
    titles: Titles
    names: tuple[str, str]
    published: tuple[tuple[Figure, ...], tuple[Figure, ...]]


def choose(choice: Choice) -> Sides:
    """Draw the choice of the right network and the pairs that are often compared."""
    near = nearest(choice.spec, "" if choice.customised else choice.name)
    first, second = st.columns([3, 2], vertical_alignment="bottom")
    with first:
        chosen = controls.choice(
            WITH,
            tuple(PRESETS),
            kind="select",
            shown=lambda name: PRESETS[name].title,
            optional=True,
            placeholder=label("with.nearest", title=PRESETS[near].title),
            help=section("compare", "nearest"),
        )
    with second, st.popover(label("compare.pairs"), width="stretch"):
        st.button(
            label("compare.pair", left=choice.title, right=PRESETS[near].title),
            key="compare_nearest",
            on_click=_take_right,
            args=(None,),
            help=section("compare", "nearest pair"),
            width="stretch",
        )
        for left, right in _OFTEN:
            st.button(
                _pair_told(left, right),
                key=f"compare_{left}_{right}",
                on_click=take,
                args=(left, right),
                width="stretch",
            )
    if asked := controls.unknown(WITH, tuple(PRESETS)):
        shown = PRESETS[chosen or near].title
        st.warning(section("compare", "unknown network", name=quoted(asked), shown=shown))
    return _sides(choice, chosen or near)


def _pair_told(left: str, right: str) -> str:
    """Both titles, and where they do not tell what the two stand for, that too."""
    titles = {"left": PRESETS[left].title, "right": PRESETS[right].title}
    why = f"compare_pair.{left}_{right}"
    return label(why, **titles) if has_label(why) else label("compare.pair", **titles)


def right_of(choice: Choice, both: Sides) -> Choice:
    """The network on the right, as one is chosen in the sidebar."""
    return replace(
        choice,
        spec=both.one.right.spec,
        image_size=both.one.right.image_size,
        name=both.names[1],
        title=both.titles.right,
        customised=False,
    )


def take(left: str, right: str) -> None:
    """Compare these two, as they are named; for a button's callback."""
    picker.switch_to(left)
    _take_right(right)


def _take_right(right: str | None) -> None:
    controls.put(WITH, right, None)
    controls.put(BLOCK, None, None)
    controls.put(UNFOLD, (), ())


@lru_cache(maxsize=64)
def nearest(spec: NetworkSpec, but: str) -> str:
    """The named network that differs in the fewest choices; `but` is not asked."""
    others = [name for name in PRESETS if name != but]
    return min(others, key=lambda name: len(differing_fields(spec, PRESETS[name].spec)))


def _sides(choice: Choice, name: str) -> Sides:
    usual = PRESETS[name].image_size
    size = choice.image_size if picker.entry_of(choice.name).image_size == usual else usual
    try:
        blueprint(PRESETS[name].spec, size)
    except FieldError:
        size = usual
    one = _aligned(choice.spec, choice.image_size, PRESETS[name].spec, size)
    titles = Titles(choice.title, PRESETS[name].title)
    published = (overview.figures(choice), figures_of(name))
    return Sides(one, titles, (choice.name, name), published)


@lru_cache(maxsize=16)
def _aligned(left: NetworkSpec, left_size: int, right: NetworkSpec, right_size: int) -> Alignment:
    return aligned(blueprint(left, left_size), blueprint(right, right_size))
