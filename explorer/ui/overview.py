"""The parts of Home."""

from typing import Final

import streamlit as st

from explorer.architecture import PRESETS, Blueprint
from explorer.architecture.image_size import size_text
from explorer.architecture.published import Figure, figures_of
from explorer.lessons.overview import page_description
from explorer.ui import controls, navigation
from explorer.ui.budget import BLUEPRINTS, kept
from explorer.ui.drawing import drawing
from explorer.ui.drawn_once import drawn_once
from explorer.ui.leading import lead_to
from explorer.ui.picker import Choice
from explorer.ui.player import PARAMETER
from explorer.views import network_picture, overview
from explorer.words import glossary, label, section

_COLUMNS: Final = 4
_DOORS: Final[dict[str, tuple[str, str, dict[str, list[str]]]]] = {
    "lesson": ("lesson", "school", {}),
    "break": ("block_lab", "link_off", {"unit_out_channels": ["128"]}),
    "fail": ("why_residual", "trending_up", {"why_part": ["training"]}),
}
"""Door -> the page that it opens, its icon, and in which state it opens it."""


def figures(choice: Choice) -> tuple[Figure, ...]:
    """Published figures of exactly this network."""
    return () if choice.customised else figures_of(choice.name)


def doors() -> None:
    """What this is, in a sentence, and three ways in for who has never been here."""
    _doors(tuple(navigation.frozen(controls.carried(path)) for path, _, _ in _DOORS.values()))


@drawn_once
def _doors(carried: tuple[navigation.Carried, ...]) -> None:
    with st.container(key="home_claim"):
        st.markdown(section("home", "claim"))
    with st.container(key="home_doors"):
        columns = st.columns(len(_DOORS))
    for column, (door, (path, icon, state)), what in zip(
        columns, _DOORS.items(), carried, strict=True
    ):
        with (
            column,
            st.container(border=True, gap="small", height="stretch", key=f"card_door_{door}"),
        ):
            st.page_link(
                navigation.page_of(path),
                label=f"**{label(f'door.{door}')}**",
                icon=f":material/{icon}:",
                query_params=navigation.thawed(what) | state,
            )
            st.caption(section("home", f"door {door}"))


@drawn_once
def tiles(bp: Blueprint, published: tuple[Figure, ...]) -> None:
    """The network's figures, in rows whose edges line up."""
    shown = overview.tiles(bp, published)
    for start in range(0, len(shown), _COLUMNS):
        row = shown[start : start + _COLUMNS]
        for column, tile in zip(st.columns(_COLUMNS), row, strict=False):
            column.metric(
                tile.label,
                tile.value,
                tile.exact,
                delta_color="off",
                delta_arrow="off",
                help=glossary(tile.term),
                border=True,
                height="stretch",
            )


def picture(bp: Blueprint, choice: Choice) -> None:
    """The network as volumes; choosing one opens it in the shape trace."""
    svg, min_width = _picture(bp)
    chosen = drawing(
        svg,
        key="home_picture",
        label=label("home.volumes", network=choice.title),
        tools=True,
        choosable=True,
        filename=f"{choice.name}_volumes",
        min_width=min_width,
    )
    _about_picture()
    if chosen is not None:
        there = controls.carried("shape_trace")
        lead_to("shape_trace", there | {PARAMETER: [chosen]}, "home_volume")


@kept(by=BLUEPRINTS, worded=True)
def _picture(bp: Blueprint) -> tuple[str, int]:
    return network_picture.picture(bp), network_picture.legible_width(bp)


@drawn_once
def _about_picture() -> None:
    st.caption(section("home", "picture"))


@drawn_once
def published(choice: Choice, found: tuple[Figure, ...]) -> None:
    """Published accuracy with its sources, or why there is none."""
    st.header(label("home.published"))
    if choice.name not in PRESETS:
        st.info(section("home", "published, own"))
        return
    if choice.customised:
        st.info(section("home", "published, customised", title=PRESETS[choice.name].title))
        return
    if not found:
        st.info(section("home", "published, none", title=choice.title))
        return
    st.markdown(overview.published_list(found))
    st.caption(section("home", "published"))
    if choice.image_size != PRESETS[choice.name].image_size:
        st.caption(section("home", "published, other size", size=size_text(choice.image_size)))


def page_cards() -> None:
    """A link to each page and what it is for."""
    # The first page, which this is, has no path of its own.
    paths = [page.url_path for page in navigation.pages() if page.url_path]
    _page_cards(tuple(navigation.frozen(controls.carried(path)) for path in paths))


@drawn_once
def _page_cards(carried: tuple[navigation.Carried, ...]) -> None:
    st.header(label("home.pages"))
    pages = (page for page in navigation.pages() if page.url_path)
    cards = list(zip(pages, carried, strict=True))
    for first in range(0, len(cards), _COLUMNS):
        row = cards[first : first + _COLUMNS]
        # The last row leaves no hole.
        for column, (page, what) in zip(st.columns(len(row)), row, strict=True):
            with column, st.container(border=True, height="stretch", key=f"card_{page.url_path}"):
                st.page_link(
                    page,
                    label=f"**{page.title}**",
                    query_params=navigation.thawed(what),
                )
                if description := page_description(page.url_path):
                    st.markdown(description)
