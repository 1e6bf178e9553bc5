"""Published comparisons, and the paths through a network."""

from dataclasses import replace

import streamlit as st

from explorer.architecture import blueprint, preset
from explorer.architecture.paths import Paths
from explorer.architecture.studies import BY_DEPTH, OPTIONS, PLAIN_OR_RESIDUAL, STUDIES, Study
from explorer.ui import chart, controls
from explorer.ui.drawn_once import drawn_once
from explorer.views import path_charts, study_charts
from explorer.words import label, section


def studies() -> None:
    """One published table at a time: chart, what it says, where it stands."""
    ids = tuple(study.id for study in STUDIES)
    # Its name is for who cannot see it: the line below the sections says what it is.
    _study(
        controls.choice(
            "why_study", ids, default=PLAIN_OR_RESIDUAL.id, label_visibility="collapsed"
        )
    )


@drawn_once
def _study(name: str) -> None:
    study = next(study for study in STUDIES if study.id == name)
    left, right = st.columns([3, 2], gap="large")
    with left:
        figure = chart.drawn(study_charts.study_chart, study)
        chart.show(figure, key=f"why_study_{study.id}", alt=study_charts.told(study))
    with right:
        st.header(study.title, anchor=False)
        st.write(section("why_residual", study.id, **_numbers(study)))
        st.caption(
            section(
                "why_residual",
                "published figures",
                name=study.source.name,
                url=study.source.url,
                where=study.where,
            )
        )


def _numbers(study: Study) -> dict[str, float]:
    if study is PLAIN_OR_RESIDUAL:
        (plain18, plain34), (residual18, residual34) = study.rows.values()
        params = blueprint(preset("plain34"), 224).params
        return {
            "plain18": plain18 or 0.0,
            "plain34": plain34 or 0.0,
            "residual18": residual18 or 0.0,
            "residual34": residual34 or 0.0,
            "params34": params,
        }
    if study is OPTIONS:
        every = replace(preset("resnet34"), shortcut="projection-always")
        counts = [blueprint(spec, 224).params for spec in (every, preset("resnet34"))]
        return {"extra": counts[0] - counts[1]}
    if study is BY_DEPTH:
        return {
            f"{name}{depth}": error
            for name, row in (("post", "post_activation"), ("pre", "pre_activation"))
            for depth, error in zip(study.columns, study.rows[row], strict=True)
            if error is not None
        }
    return {}


def path_lengths() -> None:
    """The binomial of path lengths, with a slider for the range."""
    with st.container(key="why_paths_beside"):
        left, right = st.columns([2, 3], gap="large")
    with left:
        blocks = st.slider(
            label("why_blocks.label"), 1, 200, 54, key="why_blocks", **controls.BOUND
        )
        shortest, longest = st.slider(
            label("why_lengths.label"), 0, 200, (5, 17), key="why_lengths", **controls.BOUND
        )
        paths = Paths(blocks)
        st.write(
            section(
                "why_residual",
                "paths",
                blocks=blocks,
                count=paths.count,
                mean=paths.mean_length,
                deviation=paths.deviation,
                shortest=shortest,
                longest=longest,
                share=paths.share(shortest, longest),
                left=paths.left_after(10),
            )
        )
        st.caption(section("why_residual", "paths_source"))
    with right:
        figure = chart.drawn(path_charts.path_lengths, paths, shortest, longest)
        chart.show(figure, key="why_paths", alt=label("why_alt.paths"))


def what_is_known() -> None:
    """Which explanations are proven, plausible or wrong."""
    with st.container(key="why_known"):
        st.markdown(section("why_residual", "known"))
