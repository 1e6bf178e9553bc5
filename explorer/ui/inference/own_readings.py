"""The readings that fit a visitor's file: figures, curves, and the method's limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from explorer.architecture import PRESETS
from explorer.ui import own_weights
from explorer.ui.chart import show
from explorer.ui.inference.own_verdict import VALUES, take
from explorer.ui.inference.own_words import reading_words, short_names
from explorer.ui.own_weighed import weighed
from explorer.ui.own_weights import Mine
from explorer.ui.picker import Choice
from explorer.words import count, label, section

if TYPE_CHECKING:
    from explorer.experiments.readings import Weighed
    from explorer.experiments.weighing import Verdict
    from explorer.networks.recognise import Reading


def draw(choice: Choice, device: str) -> None:
    """The readings that fit the visitor's file, with their figures, and the curves of two."""
    mine = own_weights.mine()
    now = mine.reading_of(choice.spec) if mine is not None and mine.found.placed else None
    if mine is None or now is None:
        return
    verdict = weighed(mine, device)
    ranked = verdict.readings
    if not ranked:
        _untold(verdict)
        return
    title = label("recognised.readings", readings=count(len(ranked), "reading"))
    with st.expander(title, expanded=False):
        st.write(section("recognition", "method"))
        figures, curves = st.columns(2, gap="medium")
        with figures:
            _figures(
                "recognised.reading",
                {reading_words(mine.found.readings[int(one.name)]): one for one in ranked},
            )
            if verdict.closer:
                st.write(section("recognition", "method, layer by layer"))
                _figures(
                    "recognised.layers",
                    {reading_words(mine.found.readings[int(o.name)]): o for o in verdict.closer},
                )
            if len(mine.found.readings) > 1:
                _choose(mine, now, verdict)
        with curves:
            _curves(mine, verdict, now)
        if verdict.exact:
            way = label(f"{VALUES}.{verdict.values[0].name}")
            st.write(section("recognition", "values, exact", way=f"*{way}*"))
        else:
            st.write(section("recognition", "values, measured"))
        _figures(
            "recognised.values", {label(f"{VALUES}.{one.name}"): one for one in verdict.values}
        )
        _limits()


def _untold(verdict: Verdict) -> None:
    """Where no norm remembers: how much depends on what is done to pixels."""
    if not verdict.otherwise:
        return
    with st.expander(label("recognised.otherwise"), expanded=False):
        st.write(section("recognition", "method, untold"))
        st.table(
            [
                {
                    label("recognised.values"): label(f"{VALUES}.{way}"),
                    label("recognised.changed"): label(
                        "recognised_limits.of", n=n, draws=verdict.pictures
                    ),
                }
                for way, n in verdict.otherwise
            ],
        )


def _figures(heading: str, weighed: Mapping[str, Weighed]) -> None:
    st.table(
        [
            {label(heading): name, label("recognised.distance"): f"{one.distance:.3f}"}
            for name, one in weighed.items()
        ],
    )


def _choose(mine: Mine, now: Reading | None, verdict: Verdict) -> None:
    from explorer.experiments import weighing

    options = list(range(len(mine.found.readings)))
    index = mine.found.readings.index(now) if now in mine.found.readings else 0
    chosen = st.selectbox(
        label("recognised.choose"),
        options,
        index=index,
        format_func=lambda one: reading_words(mine.found.readings[one]),
        key=f"infer_reading {mine.key} {index}",
    )
    if chosen != index:
        spec = mine.found.readings[chosen].spec
        take(spec, weighing.side_for(spec, verdict))
        st.rerun()


def _curves(mine: Mine, verdict: Verdict, now: Reading | None) -> None:
    """The reading that is taken, and the nearest that the figures tell from it (or the next)."""
    from explorer.experiments import weighing
    from explorer.views.inference_charts import remembered_curves

    near = weighing.near_readings(verdict)
    taken = [one for one in verdict.readings if mine.found.readings[int(one.name)] == now]
    taken = taken or [verdict.readings[0]]
    others = [one for one in verdict.readings if one is not taken[0]]
    apart = [one for one in others if (one.name in near) != (taken[0].name in near)]
    two = [*taken, *(apart or others)[:1]]
    figure = remembered_curves(
        short_names([mine.found.readings[int(one.name)] for one in two]),
        [one.found.paths for one in two],
        [one.found.distances for one in two],
    )
    show(figure, "infer_remembered", alt=section("recognition", "curves"))


def _title(network: str) -> str:
    """Of a network on board, or of one that was trained to measure this."""
    if network in PRESETS:
        return PRESETS[network].title
    return label(f"recognised_limits.{network}")


def _limits() -> None:
    """How often a wrong reading was told, where it is known which one is right."""
    from explorer.experiments import reading_limits

    rows = reading_limits.limits()
    if not rows:
        return
    st.write(
        section("recognition", "limits", draws=rows[0].draws, pictures=reading_limits.PICTURES)
    )
    st.dataframe(
        [
            {
                label("recognised_limits.network"): _title(row.network),
                label("recognised_limits.way"): label(
                    f"reading_way.{row.way}" if row.what == "reading" else f"{VALUES}.{row.way}"
                ),
                label("recognised_limits.told"): label(
                    "recognised_limits.of", n=row.told, draws=row.draws
                ),
                label("recognised_limits.nearer"): label(
                    "recognised_limits.of", n=row.nearer, draws=row.draws
                ),
            }
            for row in rows
        ],
        hide_index=True,
        width="stretch",
    )
