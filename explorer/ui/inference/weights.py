"""Which weights: on board, torchvision's, a visitor's file, or none; and their download."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import streamlit as st

from explorer.architecture import PRESETS
from explorer.experiments.embedded import cards, default_network, trained
from explorer.experiments.inference_setup import BEST, EMBEDDED, FILE, OPTIONS, UNTRAINED
from explorer.experiments.work import TooMuch
from explorer.ui import cache as networks
from explorer.ui import controls, downloading, gate, own_weights, picker
from explorer.ui.inference import cache, own_file, own_setup, own_told, own_verdict
from explorer.ui.inference.scene import Loaded, embedded, setups_of
from explorer.ui.picker import Choice
from explorer.words import WordedError, glossary, label, section

if TYPE_CHECKING:
    from explorer.experiments.inference_setup import Setup
    from explorer.networks.published_weights import PublishedWeights


def select() -> str:
    """Draw the control; one of OPTIONS."""
    wanted: str = controls.choice("infer_weights", OPTIONS, kind="select", help=glossary("weights"))
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
    available = setups_of(choice.name, choice.spec)
    if _best(available, _here(available)) != UNTRAINED:
        return choice
    entry = PRESETS[default_network()]
    # One line, so that what is looked at stands higher.
    said, ways = st.columns([3, 2], vertical_alignment="center")
    said.caption(section("inference", "stand-in", first=choice.title, network=entry.title))
    with ways, st.popover(label("infer_other.label"), key="infer_other", width="stretch"):
        st.button(
            label("infer_untrained.label", network=choice.title),
            on_click=controls.put,
            args=("infer_weights", UNTRAINED, BEST),
            key="infer_untrained",
        )
        _offer_downloads(available, wanted)
    return replace(
        choice, spec=entry.spec, image_size=entry.image_size, name=entry.name, title=entry.title
    )


def choose(choice: Choice, wanted: str, device: str) -> Loaded:
    """Load what was chosen, drawing what it needs; the untrained network where that fails."""
    named = None if choice.customised else choice.name
    available = setups_of(named, choice.spec)
    here = _here(available)
    kind = _best(available, here) if wanted == BEST else wanted
    if kind not in available:
        asked = label(f"infer_weights.{kind}")
        words = section("inference", "no such weights", kind=asked, network=choice.title)
        st.warning(words, icon=":material/info:")
        kind = _best(available, here)
    loaders: dict[str, Callable[[], Loaded | None]] = {
        EMBEDDED: partial(_embedded, choice, device),
        FILE: partial(_own_file, choice, available, device),
    }
    published = available[kind].published
    if published is not None:
        loaders[kind] = partial(_published, available[kind], published, device)
    loaded = loaders[kind]() if kind in loaders else None
    if loaded is None:
        chosen = wanted == kind == UNTRAINED
        loaded = _untrained(choice, available, here, device, wanted, chosen)
    tested, asked_for = loaded.setup.recipe.crop, choice.side
    # Nobody knows at which size a visitor's file was tested.
    if loaded.trained and not loaded.own and tested != asked_for:
        st.caption(section("inference", "other size", tested=tested, asked=asked_for))
    return loaded


def told(loaded: Loaded) -> None:
    """How good the weights on board are; nothing of others, which say it where they are chosen."""
    if loaded.on_board:
        accuracy = f"{trained()[loaded.on_board].test_accuracy:.2%}"
        st.caption(section("inference", "embedded", accuracy=accuracy, size=32))


def switch_to(preset: str) -> None:
    """Take a named network with the best weights it has here; for a button's callback."""
    with controls.one_step():
        picker.switch_to(preset)
        controls.put("infer_weights", BEST, BEST)


def _here(available: dict[str, Setup]) -> frozenset[str]:
    """Which trained weights are on board or lie on this machine: looked up once in a run."""
    return frozenset(
        kind
        for kind, setup in available.items()
        if kind == EMBEDDED or (setup.published and setup.published.path.is_file())
    )


def _best(available: dict[str, Setup], here: frozenset[str]) -> str:
    """What is on board, or else published weights that already lie on this machine."""
    return next((kind for kind in available if kind in here), UNTRAINED)


def _embedded(choice: Choice, device: str) -> Loaded:
    return embedded(choice.name, device)


def _published(setup: Setup, published: PublishedWeights, device: str) -> Loaded | None:
    from explorer.networks.weights import WeightsError

    if not published.path.is_file():
        _offer_download(published)
        return None
    network = partial(cache.published_network, setup.spec, device, published.url, published)
    try:
        with st.spinner(section("inference", "checking", file=published.path.name)):
            network()
    except WeightsError as error:
        st.error(str(error), icon=":material/error:")
        return None
    except TooMuch as problem:
        gate.refused(problem)
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
    return Loaded(f"{published.url} {device}", setup, device, network, True)


def _offer_download(published: PublishedWeights) -> None:
    downloading.offer(
        published,
        key=f"infer_download_{published.name}",
        help=section("inference", "download", url=published.url, top1=published.top1),
    )


def _own_file(choice: Choice, available: dict[str, Setup], device: str) -> Loaded | None:
    own_file.ask()
    found = own_weights.given()
    if found is None:
        return None
    try:
        with st.spinner(section("recognition", "reading")):
            mine = own_weights.recognised(*found)
        own_verdict.adopt(mine, choice, device)
        own_told.told(mine, choice, device)
        if not own_verdict.fits(mine, choice):
            return None
        network = partial(own_weights.network, mine, choice.spec, device)
        network()
    except TooMuch as problem:
        gate.refused(problem)
        return None
    except WordedError as error:
        st.error(str(error), icon=":material/error:")
        return None
    setup = own_setup.setup_of(mine, choice.spec, available[FILE], device)
    key = f"{mine.key} {choice.spec} {device} {hash(setup.classes)}"
    return Loaded(key, setup, device, network, True, own=True, head=mine.found.head)


def _untrained(
    choice: Choice,
    available: dict[str, Setup],
    here: frozenset[str],
    device: str,
    wanted: str,
    chosen: bool,
) -> Loaded:
    best = _best(available, here)
    offered = tuple(
        downloading.state(setup.published)
        for kind, setup in available.items()
        if setup.published is not None and kind not in here
    )
    controls.drawn_again(
        "infer_untrained",
        (choice.spec, choice.name, choice.title, wanted, chosen, best, offered),
        lambda: _tell_untrained(choice, available, wanted, chosen, best),
    )
    network = partial(networks.network_of, choice.spec, device)
    return Loaded(f"untrained {choice.spec} {device}", available[UNTRAINED], device, network, False)


def _tell_untrained(
    choice: Choice, available: dict[str, Setup], wanted: str, chosen: bool, best: str
) -> None:
    """Why nothing trained answers, and the ways to what is."""
    if chosen:
        st.caption(section("inference", "untrained"))
        _offer_switch()
    else:
        here = {EMBEDDED: "none taken, on board", UNTRAINED: "none trained"}
        title = "none taken, file" if wanted == FILE else here.get(best, "none taken, downloaded")
        st.warning(section("inference", title, network=choice.title))
        if best == UNTRAINED:
            _offer_switch(type="primary")
        else:
            st.button(
                label("infer_best.label"),
                on_click=controls.put,
                args=("infer_weights", BEST, BEST),
                key="infer_best",
            )
        _offer_downloads(available, wanted)


def _offer_switch(type: Literal["primary", "secondary"] = "secondary") -> None:
    """Trained weights in one click, on another network."""
    if cards():
        st.button(
            label("infer_switch.label", network=PRESETS[default_network()].title),
            type=type,
            on_click=switch_to,
            args=(default_network(),),
            help=section("inference", "switch"),
            key="infer_switch",
        )


def _offer_downloads(available: dict[str, Setup], wanted: str) -> None:
    for kind, setup in available.items():
        if setup.published is not None and kind != wanted and not setup.published.path.is_file():
            _offer_download(setup.published)
