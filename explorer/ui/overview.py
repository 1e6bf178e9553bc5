"""The parts of Home."""

import streamlit as st

from explorer.architecture import PRESETS, Blueprint
from explorer.architecture.published import Figure, figures_of
from explorer.lessons.overview import page_description
from explorer.ui import navigation
from explorer.ui.drawing import drawing
from explorer.ui.picker import Choice
from explorer.ui.player import PARAMETER
from explorer.views import network_picture, overview
from explorer.words import glossary, label, section

_COLUMNS = 4


def figures(choice: Choice) -> tuple[Figure, ...]:
    """Published figures of exactly this network."""
    return () if choice.customised else figures_of(choice.name)


def tiles(bp: Blueprint, published: tuple[Figure, ...]) -> None:
    """The network's figures."""
    shown = overview.tiles(bp, published)
    for start in range(0, len(shown), _COLUMNS):
        with st.container(horizontal=True, gap="small"):
            for tile in shown[start : start + _COLUMNS]:
                st.metric(
                    tile.label,
                    tile.value,
                    tile.exact,
                    delta_color="off",
                    delta_arrow="off",
                    help=glossary(tile.term),
                    border=True,
                )


def picture(bp: Blueprint, choice: Choice) -> None:
    """The network as volumes; choosing one opens it in the shape trace."""
    svg = network_picture.picture(bp)
    chosen = drawing(
        svg,
        key="home_picture",
        label=label("home.volumes", network=choice.title),
        tools=True,
        choosable=True,
        filename=f"{choice.name}_volumes",
        min_width=network_picture.legible_width(bp),
    )
    st.caption(section("home", "picture"))
    if chosen is not None:
        st.switch_page("pages/shape_trace.py", query_params={PARAMETER: chosen})


def published(choice: Choice, found: tuple[Figure, ...]) -> None:
    """Published accuracy with its sources, or why there is none."""
    st.subheader(label("home.published"))
    if choice.name not in PRESETS:
        st.info(section("home", "published, own"))
        return
    if choice.customised:
        st.info(section("home", "published, customised", title=PRESETS[choice.name].title))
        return
    if not found:
        st.info(section("home", "published, none", title=choice.title))
        return
    st.markdown(overview.published_table(found))
    st.caption(section("home", "published"))
    if choice.image_size != PRESETS[choice.name].image_size:
        st.caption(section("home", "published, other size", size=choice.image_size))


def page_cards() -> None:
    """A link to each page and what it is for."""
    st.subheader(label("home.pages"))
    # The first page, which this is, has no path of its own.
    cards = [page for page in navigation.pages() if page.url_path]
    for start in range(0, len(cards), _COLUMNS):
        row = cards[start : start + _COLUMNS]
        for column, page in zip(st.columns(_COLUMNS), row, strict=False):
            with column, st.container(border=True, height="stretch"):
                st.page_link(page, label=f"**{page.title}**")
                if description := page_description(page.url_path):
                    st.markdown(description)
