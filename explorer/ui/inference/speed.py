"""Engines compared on this picture and this network, once it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

import streamlit as st

from explorer.experiments import work
from explorer.experiments.work import TooMuch, Work
from explorer.ui import gate
from explorer.ui.budget import kept
from explorer.ui.chart import show
from explorer.ui.inference import cache, standing_in
from explorer.ui.inference.cache import BY_KEY
from explorer.ui.inference.scene import Scene
from explorer.ui.saving import save
from explorer.views.numbers import readable
from explorer.views.tables import headings
from explorer.words import label, listed, section

if TYPE_CHECKING:
    from explorer.experiments.speed import Speed

_ROUNDS: Final = (9, 5, 3, 2)
"""Passes of each engine that are measured; fewer where the server allows less."""
_ASKED: Final = "infer_speed_asked"
_COLUMNS: Final = ("engine", "images", "median", "rate", "share", "same")
"""As many as a projector shows whole."""


def draw(scene: Scene) -> None:
    """The comparison; until it is asked for, what it would compare."""
    from explorer.experiments.speed import BATCHES
    from explorer.networks.engines import ENGINES, PACKAGES, is_here

    asked = st.session_state.get(_ASKED) == scene.key
    if not asked:  # then what was found comes first
        st.write(section("engines", "lead", network=scene.title))
    if not scene.loaded.device.startswith("cpu"):
        st.info(section("engines", "other device"), icon=":material/info:")
        return
    engines = tuple(name for name in ENGINES if is_here(name))
    lacking = [name for name in PACKAGES if name not in engines]
    plan = {images: rounds for images in BATCHES if (rounds := _rounds(scene, engines, images))}
    if not plan:
        gate.check(_work(scene, engines, BATCHES[0], _ROUNDS[-1]))  # says why
    turn: int = st.session_state.get("infer_speed_turn", 0)
    found: list[Speed] = []
    if asked:
        found = _measured_with_progress(scene, engines, plan, turn)
    if found:
        _show(scene, found, [images for images in BATCHES if images not in plan])
    words = "infer_speed.again" if found else "infer_speed.measure"
    st.button(
        label(words),
        key="infer_speed_measure",
        icon=":material/timer:",
        type="secondary" if found else "primary",
        on_click=_ask,
        args=(scene.key, turn + 1),
    )
    _say_who_answers(scene)
    if lacking:
        names = listed([label(f"engine.{name}") for name in lacking])
        st.caption(section("engines", "lacking", engines=names))


def _say_who_answers(scene: Scene) -> None:
    """What the answer above comes from, and why from nothing else."""
    from explorer.networks.engines import PACKAGES, is_here

    def named(engine: str) -> str:
        return label(f"engine.{engine}")

    said = []
    prediction = cache.answered(scene)
    if prediction is not None:
        said.append(section("engines", "answered by", engine=named(prediction.engine)))
    found = standing_in.standing_of(scene)
    if found is None:
        here = [named(name) for name in PACKAGES if is_here(name)]
        if here and scene.blueprint.macs <= standing_in.MOST_MACS:
            said.append(section("engines", "not tried yet", engines=listed(here)))
    else:
        if found.engine is not None:
            apart = readable(f"{found.apart:.0e}")
            said.append(section("engines", "answers here", engine=named(found.engine), apart=apart))
        said += [str(problem) for problem in found.problems.values()]
        said += [section("engines", "slower", engine=named(name)) for name in found.slower]
    for one in said:
        st.caption(one)


def _ask(key: str, turn: int) -> None:
    st.session_state[_ASKED] = key
    st.session_state["infer_speed_turn"] = turn


def _stop() -> None:
    st.session_state.pop(_ASKED, None)


def _measured_with_progress(
    scene: Scene, engines: tuple[str, ...], plan: dict[int, int], turn: int
) -> list[Speed]:
    """Every batch size in turn; a click on *Stop*, or on anything else, ends it between two ops."""
    bar, stop = st.empty(), st.empty()
    stop.button(
        label("infer_speed.stop"),
        key="infer_speed_stop",
        icon=":material/stop_circle:",
        on_click=_stop,
    )
    found = []
    for index, (images, rounds) in enumerate(plan.items()):

        def tell(share: float, index: int = index, images: int = images) -> None:
            done = (index + share) / len(plan)
            bar.progress(min(done, 1.0), section("engines", "measuring", images=images))

        tell(0.0)
        found.append(_measured(scene, engines, images, rounds, turn, tell))
    bar.empty()
    stop.empty()
    return found


def _rounds(scene: Scene, engines: tuple[str, ...], images: int) -> int:
    """The most rounds that this server allows with so many images; 0 where not the fewest."""
    for rounds in _ROUNDS:
        try:
            gate.check(_work(scene, engines, images, rounds))
        except TooMuch:
            continue
        return rounds
    return 0


def _work(scene: Scene, engines: tuple[str, ...], images: int, rounds: int) -> Work:
    from explorer.experiments.speed import PRODUCT_MACS

    passes = len(engines) * (rounds + 1)
    one = work.forward(scene.blueprint, images, passes)
    # Each engine holds the weights once more; of one, they are written down and read.
    memory = one.memory + (len(engines) + 2) * one.weights
    return Work(one.macs + 2 * (rounds + 1) * PRODUCT_MACS, memory, one.weights)


def _to_measure(
    scene: Scene, engines: tuple[str, ...], images: int, rounds: int, *_: object
) -> AbstractContextManager[None]:
    return gate.place(_work(scene, engines, images, rounds))


@kept(by=BY_KEY, place=_to_measure)
def _measured(
    scene: Scene,
    engines: tuple[str, ...],
    images: int,
    rounds: int,
    turn: int,
    _told: Callable[[float], object],
) -> Speed:
    from explorer.experiments.speed import measure

    return measure(scene.network, scene.prepared.tensor, engines, images, rounds, _told)


def _show(scene: Scene, found: list[Speed], left_out: list[int]) -> None:
    from explorer.views import speed_views as views

    macs, single = scene.blueprint.macs, found[0]
    for name, problem in single.problems.items():
        st.warning(f"{label(f'engine.{name}')}: {problem}", icon=":material/error:")
    quickest = min(single.times, key=lambda name: single.times[name].median)
    eager = single.times["eager"].median
    st.markdown(
        section(
            "engines",
            "found",
            engine=label(f"engine.{quickest}"),
            times=f"{eager / single.times[quickest].median:.2f}",
            share=f"{single.share(quickest, macs):.0%}",
            rate=f"{2 * single.rates['float32'] / 1e9:,.0f}",
            bfloat16=f"{2 * single.rates['bfloat16'] / 1e9:,.0f}",
        )
    )
    medians = label("list.comma").join(
        f"{label(f'engine.{name}')} {1e3 * one.median:.1f} ms" for name, one in single.times.items()
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{label('infer_speed.one')}**")
        show(views.milliseconds(single), "infer_speed_bars", alt=medians)
    with right:
        st.markdown(f"**{label('infer_speed.batches')}**")
        show(views.rates(found), "infer_speed_lines", alt=label("infer_speed.batches"))
    if left_out:
        words = label("list.comma").join(str(images) for images in left_out)
        st.caption(section("engines", "left out", batches=words, most=gate.most_macs() / 1e9))
    rows = [row for speed in found for row in views.rows(speed, macs)]
    formats = {"apart": "%.1e", "median": "%.2f", "low": "%.2f", "high": "%.2f"}
    columns = {
        name: st.column_config.NumberColumn(words, format=formats.get(name))
        if isinstance(rows[0][name], int | float)
        else words
        for name, words in headings(views.TABLE, rows[0]).items()
    }
    # The chart's whiskers show the quarters; the table's menu and the file have all columns.
    st.dataframe(
        rows, hide_index=True, width="stretch", column_config=columns, column_order=_COLUMNS
    )
    facts = {"network": scene.title, "picture_side": str(scene.blueprint.in_shape[1])}
    save({"speed.csv": views.file(found, macs, facts)})
    st.caption(section("engines", "lead", network=scene.title))
    st.caption(section("engines", "how", rounds=len(next(iter(single.times.values())).seconds)))
