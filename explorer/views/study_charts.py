"""Charts of what studies have published: lines by depth, bars by choice, and their figures told."""

from collections.abc import Iterable, Sequence
from math import log10
from textwrap import wrap

from plotly import graph_objects as go

from explorer.architecture.studies import Study
from explorer.views import palette
from explorer.views.chart_style import hover, styled
from explorer.words import label, listed

_RESIDUAL = (palette.BLUE, palette.SKY, palette.INDIGO, palette.PURPLE, palette.GREEN)
"""Kinds of residual networks; orange is for plain ones only."""
_HEIGHT = 330
"""In pixels: the axis is above the fold of a projector (1280x720)."""
_LINE = 34
"""Letters that fit beside that."""
_CLOSEST = 1.35
"""Ratio of two depths whose labels just fit side by side."""
_DASHES = ("solid", "dash")
_PLAIN_ROWS = ("plain", "none")
_BLOCKS = {"basic": "circle", "bottleneck": "square"}
"""Kinds of blocks that a line of networks has, and how its points are drawn."""


def study_chart(study: Study) -> go.Figure:
    """A published table: bars per choice, or lines where the columns are depths."""
    if study.numeric:
        return _by_depth(study)
    return _ranking(study) if len(study.columns) == 1 else _grouped(study)


def told(study: Study) -> str:
    """All figures of a table in a sentence, for who cannot see its chart."""
    alone = len(study.columns) == 1
    rows = []
    for choice, errors in study.choices.items():
        values = [
            _value_told(study, title, error)
            for title, error in zip(study.column_titles, errors, strict=True)
            if error is not None
        ]
        if not values and alone:
            values = [label("mark.fails")]
        rows.append(label("why_alt.study_row", choice=choice, errors=listed(values)))
    return label("why_alt.study", metric=study.metric, rows=label("list.semicolon").join(rows))


def _value_told(study: Study, column: str, error: float) -> str:
    if len(study.columns) == 1:
        return f"{error:.2f}"
    entry = "study_layers" if study.numeric else "study_value"
    return label(f"why_alt.{entry}", error=f"{error:.2f}", column=column)


def _by_depth(study: Study) -> go.Figure:
    figure, named = go.Figure(), set[str]()
    depths = [int(column) for column in study.columns]
    for index, (choice, errors) in enumerate(study.choices.items()):
        for kind, symbol in _BLOCKS.items():
            bottleneck = kind == "bottleneck"
            places = [
                place
                for place, depth in enumerate(depths)
                if errors[place] is not None and (depth in study.bottlenecks) == bottleneck
            ]
            if not places:
                continue
            figure.add_scatter(
                x=[depths[place] for place in places],
                y=[errors[place] for place in places],
                name=choice,
                legendgroup=choice,
                showlegend=choice not in named,
                mode="lines+markers+text",
                text=[f"{errors[place]:.2f}" for place in places],
                textposition=[_away(study, index, place) for place in places],
                line={
                    "color": palette.chart_colour(_RESIDUAL[index]),
                    "width": 3,
                    "dash": _DASHES[bottleneck],
                },
                marker={"size": 10, "symbol": symbol},
                cliponaxis=False,
                hovertemplate=label(f"hover.layers_{kind}", layers="%{x}", value="%{y:.2f}%"),
            )
            named.add(choice)
    every = [error for errors in study.rows.values() for error in errors if error is not None]
    room = 0.18 * (max(every) - min(every))
    figure.update_xaxes(
        type="log",
        range=[log10(min(depths)) - 0.1, log10(max(depths)) + 0.1],
        tickvals=depths,
        ticktext=_two_rows(depths),
        tickangle=0,
    )
    figure.update_yaxes(range=[min(every) - room, max(every) + room], title_text=_metric(study))
    return styled(figure, _HEIGHT, "layers_log", legend="above")


def _away(study: Study, index: int, place: int) -> str:
    """Where a point's number stands: off its own line and off the other's."""
    rows = list(study.rows.values())
    errors = rows[index]
    here = errors[place]
    if here is None:
        return "top center"
    others = [row[place] for row in rows if row is not errors]
    below = [other for other in others if other is not None and other < here]
    above = [other for other in others if other is not None and other >= here]
    left = next((error for error in errors[:place][::-1] if error is not None), here)
    right = next((error for error in errors[place + 1 :] if error is not None), here)
    if below and left > here and right > here:
        return "bottom right"
    after = study.columns[place + 1 : place + 2]
    if left > here > right and not below and after and _close(study.columns[place], *after):
        return "bottom left"
    if above or (left > here and right > here):
        return "bottom left" if right < here else "bottom center"
    if not below and left < here < right:
        return "bottom right"
    if right > here:
        return "top left"
    return "top right" if left > here else "top center"


def _close(before: int | str, after: int | str) -> bool:
    """Whether two depths stand so near each other that their labels would touch."""
    return int(after) / int(before) < _CLOSEST


def _two_rows(depths: Sequence[int]) -> list[str]:
    """Labels of a logarithmic axis; one too close to the one before stands a line lower."""
    shown: list[str] = []
    before = 0
    for depth in depths:
        low = before and _close(before, depth) and not shown[-1].startswith("<br>")
        shown.append(f"<br>{depth}" if low else str(depth))
        before = depth
    return shown


def _grouped(study: Study) -> go.Figure:
    figure = go.Figure()
    slots = _kind_slots(study.rows)
    for slot, (choice, errors) in zip(slots, study.choices.items(), strict=True):
        figure.add_bar(
            x=list(study.column_titles),
            y=list(errors),
            name=choice,
            marker_color=palette.chart_colour(slot),
            text=["" if error is None else f"{error:.2f}" for error in errors],
            textposition="outside",
            textangle=0,
            cliponaxis=False,
            hovertemplate=label("hover.value", name="%{x}", value="%{y:.2f}%"),
        )
    figure.update_yaxes(rangemode="tozero", title_text=_metric(study))
    return styled(figure, _HEIGHT, legend="above", bargap=0.25)


def _ranking(study: Study) -> go.Figure:
    """One column: a bar per choice, lying, and a sentence where training failed."""
    alone = [row[0] for row in study.rows.values()]
    known = [error for error in alone if error is not None]
    figure = go.Figure(
        go.Bar(
            x=[error or 0 for error in alone],
            y=list(study.choices),
            orientation="h",
            marker_color=[
                palette.chart_colour(palette.network_slot(row in _PLAIN_ROWS)) for row in study.rows
            ],
            text=[label("mark.fails") if error is None else f"{error:.2f}" for error in alone],
            textposition="outside",
            cliponaxis=False,
            showlegend=False,
            customdata=[
                label("mark.fails") if error is None else f"{error:.2f}%" for error in alone
            ],
            hovertemplate=hover("value", name="%{y}", value="%{customdata}"),
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(range=[0, 1.2 * max(known)], title_text=_metric(study))
    return styled(figure, _HEIGHT, bargap=0.25)


def _metric(study: Study) -> str:
    """What the numbers are, in lines that are not longer than the axis."""
    return "<br>".join(wrap(study.metric, _LINE))


def _kind_slots(rows: Iterable[str]) -> list[int]:
    """Colours of a study's rows, by their ids; the first residual one has that of all residual."""
    residual = iter(_RESIDUAL)
    return [palette.network_slot(True) if row in _PLAIN_ROWS else next(residual) for row in rows]
