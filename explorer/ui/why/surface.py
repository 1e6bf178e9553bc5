"""The loss around the networks on board: squares from their cards, and a line computed live."""

from __future__ import annotations

from contextlib import AbstractContextManager
from statistics import median
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.architecture import PRESETS, blueprint
from explorer.experiments import work
from explorer.experiments.embedded import depth_cards, surface_cards, surfaces
from explorer.experiments.surface import GUESSING, Surface, line
from explorer.experiments.work import TooMuch
from explorer.ui import chart, controls, gate, saving
from explorer.ui.budget import kept
from explorer.ui.why.photographs import depth, plain, title
from explorer.views import surface_charts
from explorer.views.surface_charts import Line, Square
from explorer.views.tables import worded
from explorer.words import label, listed, section

if TYPE_CHECKING:
    from collections.abc import Callable

    from explorer.experiments.loss_surface import KnownPictures
    from explorer.networks import ResNet

_TEXTS: Final = "depth_photographs"
_STEPS: Final = line(41)
_PHOTOGRAPHS: Final = 100
_DEEP: Final = 20
"""Li et al. show the land of 20 layers smooth without shortcuts too; that of 56 rugged."""
_BUTTON: Final = "why_slice"


def draw() -> None:
    """The squares and what they say, what they do not, and a direction of the reader's own."""
    found = surfaces()
    if found:
        st.write(section(_TEXTS, "surface lead"))
        _squares(found)
        _method(found)
    if depth_cards():
        _own()


def _squares(found: dict[str, Surface]) -> None:
    figures = surface_charts.squares(
        {name: Square(surface.steps, surface.rows) for name, surface in found.items()}, GUESSING
    )
    with st.container(key="why_surfaces"):
        columns = st.columns(len(found))
    for column, (name, figure) in zip(columns, figures.items(), strict=True):
        surface = found[name]
        share = f"{surface.share_below(GUESSING):.0%}"
        alt = label(
            "why_alt.square",
            network=title(name),
            centre=f"{surface.centre:.3g}",
            rim=f"{_rim(surface):.3g}",
            share=share,
        )
        with column:
            st.write(f"**{title(name)}**")
            chart.show(figure, key=f"why_surface_{name}", alt=alt)


def _rim(surface: Surface) -> float:
    rows = surface.rows
    values = [*rows[0], *rows[-1], *(row[0] for row in rows), *(row[-1] for row in rows)]
    return median(float("inf") if value is None else value for value in values)


def _method(found: dict[str, Surface]) -> None:
    st.success("  \n".join(_sentences(found)), icon=":material/insights:")
    st.write(section(_TEXTS, "surface shows"))
    rows = [
        {
            "network": title(name),
            "centre": f"{surface.centre:.3g}",
            "below": f"{100 * surface.share_below(GUESSING):.0f}",
            "rim": f"{_rim(surface):.3g}",
            "hollows": surface.hollows,
        }
        for name, surface in found.items()
    ]
    st.dataframe(worded(rows, "why_surfaces"), hide_index=True, width="stretch")
    one = next(iter(found.values()))
    method = "surface method, bfloat16" if one.bfloat16 else "surface method"
    known = section(_TEXTS, method, points=len(one.rows), pictures=one.pictures)
    st.caption(f"{known} {_whose()}")
    text = surface_charts.squares_csv(
        {name: Square(surface.steps, surface.rows) for name, surface in found.items()}
    )
    saving.save({"loss_surfaces.csv": text})


def _whose() -> str:
    """Which networks the squares are of: those of the section before, or of Inference."""
    shown = surface_cards()
    epochs = next(iter(shown.values())).recipe["epochs"]
    if all(card == depth_cards().get(name) for name, card in shown.items()):
        return section(_TEXTS, "surfaces of these", epochs=epochs)
    names = listed([title(name) for name in shown])
    return section(_TEXTS, "surfaces of others", networks=names, epochs=epochs)


def _sentences(found: dict[str, Surface]) -> list[str]:
    shares = {name: surface.share_below(GUESSING) for name, surface in found.items()}
    sentences = [section(_TEXTS, "surface found", shares=_around(shares)), _hollows(found)]
    deepest = max(map(depth, found))
    pair = {plain(name): surface for name, surface in found.items() if depth(name) == deepest}
    if deepest > _DEEP and len(pair) == 2 and pair[True].hollows <= pair[False].hollows:
        names = {"plain": title(pair[True].network), "residual": title(pair[False].network)}
        epochs = surface_cards()[pair[True].network].recipe["epochs"]
        sentences.append(section(_TEXTS, "no more rugged", epochs=epochs, **names))
    return sentences


def _hollows(found: dict[str, Surface]) -> str:
    if all(surface.hollows <= 1 for surface in found.values()):
        return section(_TEXTS, "hollows, none more")
    counts = [
        label("why_surface.around", what=surface.hollows, network=title(name))
        for name, surface in found.items()
    ]
    return section(_TEXTS, "hollows", hollows=listed(counts))


def _around(shares: dict[str, float]) -> str:
    """39% around ResNet-20 and so on."""
    return listed(
        [
            label("why_surface.around", what=f"{share:.0%}", network=title(name))
            for name, share in shares.items()
        ]
    )


def _own() -> None:
    """A line along a direction that the reader draws by its seed, computed at a press."""
    st.header(label("why_surface.own"), anchor=False)
    known = _pictures()
    which = "pictures cifar10" if known.training else "pictures samples"
    pictures = section(_TEXTS, which, n=len(known.labels))
    st.write(section(_TEXTS, "slice", pictures=pictures))
    left, middle, right = st.columns([2, 5, 2], vertical_alignment="bottom")
    with left:
        seed = controls.number("why_direction", 0, 9_999, 7)
    with middle:
        names = tuple(depth_cards())
        chosen = controls.choices("why_slice_of", names, default=names, shown=title)
    place = st.empty()
    done = {name: _losses(name, seed) for name in chosen if _losses.has(name, seed)}
    # Asked before the button is drawn, so that it knows whether anything is left to compute.
    if st.session_state.get(_BUTTON):
        try:
            for name in chosen:
                done[name] = _compute(name, seed, place)
        except TooMuch as problem:
            gate.refused(problem)
    right.button(
        label("why_surface.compute"),
        key=_BUTTON,
        disabled=len(done) == len(chosen),
        width="stretch",
    )
    if done:
        _lines({name: done[name] for name in chosen if name in done})


def _compute(name: str, seed: int, place: st.delta_generator.DeltaGenerator) -> tuple[float, ...]:
    bar = place.progress(0.0, label("why_surface.running"))

    def tell(share: float) -> None:
        done = round(share * len(_STEPS))
        words = section(_TEXTS, "slice running", network=title(name), done=done, steps=len(_STEPS))
        bar.progress(share, words)

    found = _losses(name, seed, tell)
    place.empty()
    return found


def _lines(done: dict[str, tuple[float, ...]]) -> None:
    middle = len(_STEPS) // 2
    ends = [
        label(
            "named.of",
            name=title(name),
            what=listed([f"{losses[at]:.3g}" for at in (0, middle, len(losses) - 1)]),
        )
        for name, losses in done.items()
    ]
    runs = {title(name): Line(losses, plain(name), depth(name)) for name, losses in done.items()}
    figure = surface_charts.lines(_STEPS, runs, GUESSING)
    alt = label("why_alt.slice", ends=label("list.comma").join(ends))
    chart.show(figure, key="why_slice_chart", alt=alt)
    below = {
        name: sum(loss < GUESSING for loss in losses) / len(losses) for name, losses in done.items()
    }
    st.write(section(_TEXTS, "slice found", shares=_around(below)))


@kept
def _pictures() -> KnownPictures:
    from explorer.experiments.loss_surface import known_pictures

    return known_pictures(_PHOTOGRAPHS)


@kept
def _network(name: str) -> ResNet:
    from explorer.networks.weights import load, read_state

    path = depth_cards()[name].path
    return load(PRESETS[name].spec, read_state(path, path.name))


def _a_place(name: str, *_: object) -> AbstractContextManager[None]:
    bp = blueprint(PRESETS[name].spec, PRESETS[name].image_size)
    return gate.place(work.forward(bp, len(_pictures().labels), len(_STEPS)))


@kept(place=_a_place)
def _losses(
    name: str, seed: int, _progress: Callable[[float], object] = lambda share: None
) -> tuple[float, ...]:
    from explorer.experiments.loss_surface import along_a_line

    known = _pictures()
    return along_a_line(_network(name), seed, _STEPS, known.images, known.labels, _progress)
