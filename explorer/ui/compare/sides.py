"""Which two networks: the sidebar's on the left, another one on the right."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import streamlit as st

from explorer.architecture import PRESETS, NetworkSpec, blueprint
from explorer.architecture.alignment import Alignment, aligned, differing_fields
from explorer.architecture.image_size import ImageSize
from explorer.architecture.published import Figure
from explorer.lessons.compare import Titles, value_told
from explorer.ui import controls, overview, picker
from explorer.ui.compare import rights
from explorer.ui.picker import Choice
from explorer.words import has_label, label, listed, quoted, section

WITH: Final = "with"
CHANGES: Final = "compare_changes"
"""What is changed of the network on the right, as `rights` writes it."""
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
    """Both networks, side by side: as they are chosen, and aligned."""

    left: Choice
    right: Choice
    one: Alignment
    titles: Titles
    published: tuple[tuple[Figure, ...], tuple[Figure, ...]]

    @property
    def names(self) -> tuple[str, str]:
        """The named networks that both are, or start from."""
        return self.left.name, self.right.name


def choose(choice: Choice) -> Sides:
    """Draw the choice of the right network, the button that swaps both, and the pairs that are
    often compared."""
    near = nearest(choice.spec, "" if choice.customised else choice.name)
    place, offered = st.container(), _offered()
    chosen = controls.settled(WITH, offered)
    right = rights.of(choice, chosen or near, controls.text(CHANGES, rights.LONGEST))
    both = _sides(choice, right)
    with place:
        controls.drawn_again(
            "compare_sides", (choice, right, near, offered), lambda: _controls(choice, both, near)
        )
    if right.customised:
        _say_changed(right)
    if asked := controls.unknown(WITH, _offered()):
        shown = both.titles.right
        st.warning(section("compare", "unknown network", name=quoted(asked), shown=shown))
    return both


def _controls(choice: Choice, both: Sides, near: str) -> None:
    first, second = st.columns([3, 2], vertical_alignment="bottom")
    with first:
        controls.choice(
            WITH,
            _offered(),
            kind="select",
            shown=lambda name: picker.entry_of(name).title,
            optional=True,
            placeholder=label("with.nearest", title=PRESETS[near].title),
            on_change=_as_named,
            help=section("compare", "nearest"),
        )
    with second, st.container(horizontal=True, gap="small"):
        st.button(
            label("compare.swap"),
            key="compare_swap",
            icon=":material/swap_horiz:",
            on_click=_swap,
            args=(both,),
            help=section("compare", "swap"),
        )
        pairs = st.popover(
            label("compare.pairs"), width="stretch", key="compare_pairs", on_change="rerun"
        )
        if pairs.open:
            with pairs:
                _pairs(choice, near)


def _say_changed(right: Choice) -> None:
    """What is changed of the network on the right, and the way back to it as it is named."""
    base = picker.entry_of(right.name)
    changed = [
        label(
            "compare.change",
            field=label(f"{field}.label"),
            value=value_told(field, right.spec.usual(field)),
        )
        for field in differing_fields(base.spec, right.spec)
    ]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        told = section("compare", "right is changed", title=base.title, changes=listed(changed))
        st.caption(told, width="stretch")
        st.button(
            label("compare.as_named"),
            key="compare_as_named",
            type="tertiary",
            icon=":material/undo:",
            on_click=_as_named,
        )


def _offered() -> tuple[str, ...]:
    """The named networks; the blank one of the visitor's own where sides were swapped with it."""
    asked = (controls.held(WITH), st.query_params.get(WITH))
    return (*PRESETS, picker.CUSTOM) if picker.CUSTOM in asked else tuple(PRESETS)


def _pairs(choice: Choice, near: str) -> None:
    """Pairs that are one click away."""
    st.button(
        label("compare.pair", left=choice.title, right=PRESETS[near].title),
        key="compare_nearest",
        on_click=_take_right,
        args=(None,),
        help=section("compare", "nearest pair"),
        width="stretch",
    )
    for left, right in _OFTEN:
        if not choice.customised and (left, right) == (choice.name, near):
            continue  # the nearest pair, which stands above
        st.button(
            _pair_told(left, right),
            key=f"compare_{left}_{right}",
            on_click=take,
            args=(left, right),
            width="stretch",
        )
    st.button(
        label("compare.keep", title=choice.title),
        key="compare_keep",
        on_click=_keep,
        args=(choice,),
        help=section("compare", "keep"),
        width="stretch",
    )


def _swap(both: Sides) -> None:
    """The right network into the sidebar, the left one to the right; the opened block stays."""
    chosen = controls.held(BLOCK)
    pair = next((pair for pair in both.one.pairs if pair.name == chosen), None)
    with controls.one_step():
        picker.put(both.right.name, both.right.spec, both.right.image_size)
        _put_right(both.right, both.left)
        controls.put(BLOCK, pair.swapped_name if pair else None, None)


def _keep(choice: Choice) -> None:
    """The sidebar's network to the right as it is now, to be compared with what it becomes."""
    _put_right(choice, choice)


def _put_right(left: Choice, right: Choice) -> None:
    with controls.one_step():
        controls.put(WITH, right.name, None)
        controls.put(CHANGES, rights.written_of(left, right), "")


def _pair_told(left: str, right: str) -> str:
    """Both titles, and where they do not tell what the two stand for, that too."""
    titles = {"left": PRESETS[left].title, "right": PRESETS[right].title}
    why = f"compare_pair.{left}_{right}"
    return label(why, **titles) if has_label(why) else label("compare.pair", **titles)


def take(left: str, right: str) -> None:
    """Compare these two, as they are named; for a button's callback."""
    with controls.one_step():
        picker.switch_to(left)
        _take_right(right)


def _take_right(right: str | None) -> None:
    with controls.one_step():
        controls.put(WITH, right, None)
        _as_named()
        controls.put(BLOCK, None, None)
        controls.put(UNFOLD, (), ())


def _as_named() -> None:
    """The right network without what a swap had left of changes."""
    controls.put(CHANGES, "", "")


@lru_cache(maxsize=64)
def nearest(spec: NetworkSpec, but: str) -> str:
    """The named network that differs in the fewest choices; `but` is not asked."""
    others = [name for name in PRESETS if name != but]
    return min(others, key=lambda name: len(differing_fields(spec, PRESETS[name].spec)))


def _sides(left: Choice, right: Choice) -> Sides:
    one = _aligned(left.spec, left.image_size, right.spec, right.image_size)
    published = (overview.figures(left), overview.figures(right))
    return Sides(left, right, one, _titles(left, right), published)


def _titles(left: Choice, right: Choice) -> Titles:
    """Two that are called alike and are not are told apart by their sides."""
    titles = Titles(left.title, right.title)
    if left.title != right.title or left.spec == right.spec:
        return titles
    return Titles(*(label(f"compare.on_{side}", title=left.title) for side in ("left", "right")))


@lru_cache(maxsize=16)
def _aligned(
    left: NetworkSpec, left_size: ImageSize, right: NetworkSpec, right_size: ImageSize
) -> Alignment:
    return aligned(blueprint(left, left_size), blueprint(right, right_size))
