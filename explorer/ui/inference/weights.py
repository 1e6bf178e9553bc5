"""Which weights: on board, torchvision's, a visitor's file, or none; and their download."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import streamlit as st

from explorer.architecture import PRESETS
from explorer.experiments.embedded import cards, default_network
from explorer.experiments.inference_setup import BEST, EMBEDDED, FILE, OPTIONS, UNTRAINED
from explorer.ui import cache as networks
from explorer.ui import downloading, picker
from explorer.ui.inference import cache, own_file
from explorer.ui.picker import Choice
from explorer.words import glossary, section

if TYPE_CHECKING:
    from explorer.experiments.inference_setup import Setup
    from explorer.networks import ResNet
    from explorer.networks.published_weights import PublishedWeights


@dataclass(frozen=True)
class Loaded:
    """A network ready to answer. `key` names its weights and device."""

    key: str
    setup: Setup
    network: ResNet
    trained: bool


def select() -> str:
    """Draw the control; one of OPTIONS."""
    wanted: str = st.selectbox(
        "Weights",
        OPTIONS,
        key="infer_weights",
        bind="query-params",
        persist_state="session",
        help=glossary("weights"),
    )
    return wanted


def stand_in(choice: Choice, wanted: str) -> Choice:
    """The trained network on board, while nobody has chosen one and the first has no weights here.

    What the sidebar starts with would only guess on a fresh machine. A network that a link, the
    sidebar or a control of this page asks for is always taken.
    """
    asked = picker.network_chosen() or st.session_state.get("image_size") or choice.customised
    if choice.name != picker.FIRST or asked or not cards():
        return choice
    if wanted not in (BEST, EMBEDDED):
        return choice
    available = cache.setups_of(choice.name, choice.spec)
    if _best(available) != UNTRAINED:
        return choice
    entry = PRESETS[default_network()]
    st.info(
        section("inference", "stand-in", first=choice.title, network=entry.title),
        icon=":material/swap_horiz:",
    )
    with st.container(horizontal=True):
        st.button(
            f"Use {choice.title}, untrained",
            on_click=_use_untrained,
            key="infer_untrained",
        )
        _offer_downloads(available)
    return replace(
        choice, spec=entry.spec, image_size=entry.image_size, name=entry.name, title=entry.title
    )


def _use_untrained() -> None:
    st.session_state["infer_weights"] = UNTRAINED


def choose(choice: Choice, wanted: str, device: str) -> Loaded:
    """Load what was chosen, drawing what it needs; the untrained network where that fails."""
    named = None if choice.customised else choice.name
    available = cache.setups_of(named, choice.spec)
    kind = _best(available) if wanted == BEST else wanted
    if kind not in available:
        st.warning(f"There are no weights '{kind}' for {choice.title}.", icon=":material/info:")
        kind = _best(available)
    loaders: dict[str, Callable[[], Loaded | None]] = {
        EMBEDDED: partial(_embedded, choice, available, device),
        FILE: partial(_own_file, choice, available, device),
    }
    published = available[kind].published
    if published is not None:
        loaders[kind] = partial(_published, available[kind], published, device)
    loaded = loaders[kind]() if kind in loaders else None
    if loaded is None:
        loaded = _untrained(choice, available, device, chosen=wanted == kind == UNTRAINED)
    tested, asked = loaded.setup.recipe.crop, choice.image_size
    if loaded.trained and tested != asked:
        st.caption(section("inference", "other size", tested=tested, asked=asked))
    return loaded


def switch_to(preset: str) -> None:
    """Take a named network with the best weights it has here; for a button's callback."""
    picker.switch_to(preset)
    st.session_state["infer_weights"] = BEST


def _best(available: dict[str, Setup]) -> str:
    """What is on board, or else published weights that already lie on this machine."""
    for kind, setup in available.items():
        if kind == EMBEDDED or (setup.published and setup.published.path.is_file()):
            return kind
    return UNTRAINED


def _embedded(choice: Choice, available: dict[str, Setup], device: str) -> Loaded:
    network = cache.embedded_network(choice.name, device)
    card = cards()[choice.name]
    st.caption(
        section("inference", "embedded", accuracy=f"{card.test_accuracy:.2%}", size=32),
    )
    return Loaded(f"embedded {choice.name} {device}", available[EMBEDDED], network, True)


def _published(setup: Setup, published: PublishedWeights, device: str) -> Loaded | None:
    from explorer.networks.weights import WeightsError

    if not published.path.is_file():
        _offer_download(published)
        return None
    try:
        with st.spinner(f"Loading and checking {published.path.name} ..."):
            network = cache.published_network(setup.spec, device, published.url, published)
    except WeightsError as error:
        st.error(str(error), icon=":material/error:")
        return None
    st.caption(
        section(
            "inference",
            "torchvision",
            version=published.name,
            top1=published.top1,
            top5=published.top5,
            crop=published.crop,
        )
    )
    return Loaded(f"{published.url} {device}", setup, network, True)


def _offer_download(published: PublishedWeights) -> None:
    downloading.offer(
        published,
        key=f"infer_download_{published.name}",
        help=f"From {published.url}, kept in torch's cache on the machine that runs this app. "
        f"torchvision publishes {published.top1:.2f}% top-1 on ImageNet.",
    )


def _own_file(choice: Choice, available: dict[str, Setup], device: str) -> Loaded | None:
    from explorer.experiments.inference_setup import with_spec
    from explorer.networks.weights import WeightsError, differences, with_classes_of

    found = own_file.given()
    if found is None:
        return None
    name, key, source = found
    try:
        state = cache.state_of(key, name, source)
        spec = with_classes_of(choice.spec, state)
        unlike = differences(spec, state)
        if not unlike.fits:
            st.error(f"{name} does not fit {choice.title}: {unlike}.", icon=":material/error:")
            own_file.list_differences(unlike)
            return None
        network = cache.network_with(key, spec, device, state)
    except (WeightsError, ValueError) as error:
        st.error(str(error), icon=":material/error:")
        return None
    setup = with_spec(available[FILE], spec)
    names = "Class names are taken from the number of outputs; a file cannot say them."
    st.caption(section("inference", "file", count=len(state), file=name, names=names))
    return Loaded(f"{key} {spec} {device}", setup, network, True)


def _untrained(choice: Choice, available: dict[str, Setup], device: str, chosen: bool) -> Loaded:
    setup = available[UNTRAINED]
    if chosen:
        st.caption(section("inference", "untrained"))
        _offer_switch()
    else:
        st.warning(section("inference", "none trained", network=choice.title))
        _offer_switch(type="primary")
        _offer_downloads(available)
    with st.spinner(f"Building {choice.title} ..."):
        network = networks.network_of(choice.spec, device)
    return Loaded(f"untrained {choice.spec} {device}", setup, network, False)


def _offer_switch(type: Literal["primary", "secondary"] = "secondary") -> None:
    """Trained weights in one click, on another network."""
    if cards():
        st.button(
            f"Switch to {PRESETS[default_network()].title}, trained on board",
            type=type,
            on_click=switch_to,
            args=(default_network(),),
            help=section("inference", "switch"),
            key="infer_switch",
        )


def _offer_downloads(available: dict[str, Setup]) -> None:
    shown = st.session_state.get("infer_weights")
    for kind, setup in available.items():
        if setup.published is not None and kind != shown and not setup.published.path.is_file():
            _offer_download(setup.published)
