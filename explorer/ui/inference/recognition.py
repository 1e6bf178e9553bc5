"""What a visitor's file is, and which reading of it is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.architecture import PRESETS, NetworkSpec, blueprint
from explorer.architecture.alignment import differing_fields, matters
from explorer.experiments import work
from explorer.experiments.batch_norm.plan import images_that_fit, takes_pictures
from explorer.ui import controls, gate, own_weights, picker
from explorer.ui.budget import kept
from explorer.ui.cache import usable_device
from explorer.ui.chart import show
from explorer.ui.compare_link import compare_link
from explorer.ui.fields import field_label
from explorer.ui.own_weights import Mine
from explorer.ui.picker import Choice
from explorer.words import count, label, quoted, section

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from explorer.experiments.readings import Weighed
    from explorer.networks.recognise import Reading

VALUES: Final = "infer_values"
"""The control of what is subtracted from pixels and what they are divided by."""
_ADOPTED: Final = "file_adopted"
_MOST_PICTURES: Final = 12
_SHOWN: Final = 8
_LOADED: Final = 0.1
_VALUES_TOLD: Final = 0.3
_FIRST_ROUND: Final = 0.8
"""Shares of the weighing that are done then, for the bar."""


@dataclass(frozen=True)
class Verdict:
    """The readings and the ways to prepare pixels, nearest first; empty where nothing tells."""

    readings: tuple[Weighed, ...]
    values: tuple[Weighed, ...]


def adopt(mine: Mine, choice: Choice, device: str) -> None:
    """A file that was just given: weigh its readings, take the best, and make it the sidebar's
    choice; ends this run then."""
    if st.session_state.get(_ADOPTED) == mine.key or not mine.found.placed:
        return
    st.session_state[_ADOPTED] = mine.key
    bar = st.progress(0.0, section("recognition", "weighing"))
    verdict = weighed(mine, device, lambda share: _advance(bar, share))
    bar.empty()
    controls.put(VALUES, best_values(mine, verdict), None)
    reading = best_reading(mine, verdict)
    if not _same(reading.spec, choice.spec):
        picker.take(reading.spec)
        st.rerun()


def told(mine: Mine, choice: Choice, device: str) -> None:
    """What the file is, what was set aside and done, and how near its reading is."""
    found = mine.found
    verdict = weighed(mine, device) if found.placed else Verdict((), ())
    now = mine.reading_of(choice.spec) or best_reading(mine, verdict)
    unlikely = not _is_near(mine, verdict, now)
    said = st.warning if unlikely else st.success
    said(_what_it_is(mine, now.spec, unlikely), icon=":material/search:")
    for title, values in found.notes:
        st.caption(section("recognition", title, **_quoted(values)))
    _aside(mine)
    if found.placed and mine.reading_of(choice.spec) is not None:
        if verdict.readings:
            st.caption(_judged(mine, verdict, now))
        elif len(found.readings) > 1:
            st.caption(section("recognition", "cannot weigh"))
    compare_link(choice)


def fits(mine: Mine, choice: Choice) -> bool:
    """Whether the file is of the sidebar's network; else says so and offers the way back."""
    if not mine.found.placed:
        st.error(section("recognition", "no order", file=quoted(mine.name)))
        return False
    if mine.reading_of(choice.spec) is not None:
        return True
    st.warning(
        section("recognition", "another network", file=quoted(mine.name), network=choice.title),
        icon=":material/info:",
    )
    st.button(
        label("infer_take.label"),
        key="infer_take",
        on_click=picker.take,
        args=(best_reading(mine, weighed(mine, device_of(choice))).spec,),
        type="primary",
    )
    return False


def _advance(bar: DeltaGenerator, share: float) -> None:
    bar.progress(min(share, 1.0), section("recognition", "weighing"))


def weighed(mine: Mine, device: str, say: Callable[[float], None] = lambda share: None) -> Verdict:
    """How near each reading's statistics are to those stored.

    Empty where the network has no batch norm that learnt, or takes no pictures, or this server
    may not run it.
    """
    spec = mine.found.spec
    if spec.norm != "batch" or not takes_pictures(spec):
        return Verdict((), ())
    try:
        return _weighed(spec, mine.key, device, mine, say)
    except work.TooMuch:
        return Verdict((), ())


def _to_weigh(spec: NetworkSpec, *_: object) -> AbstractContextManager[None]:
    bp = blueprint(spec, _size(spec))
    return gate.place(work.forward(bp, images=_pictures_for(spec), passes=4))


def _size(spec: NetworkSpec) -> int:
    return max(32 if spec.stem_stride < 4 else 224, spec.minimum_image_size)


def _pictures_for(spec: NetworkSpec) -> int:
    bp = blueprint(spec, _size(spec))
    return _MOST_PICTURES if bp.macs < 10**9 else min(4, images_that_fit(bp))


@kept(place=_to_weigh)
def _weighed(
    spec: NetworkSpec, key: str, device: str, _mine: Mine, _say: Callable[[float], None]
) -> Verdict:
    from explorer.experiments import readings
    from explorer.experiments.inference_setup import usual_recipe
    from explorer.experiments.samples import samples
    from explorer.ui.inference.upload import of_sample

    network = own_weights.network(_mine, spec, device)
    if not readings.has_memory(network):
        return Verdict((), ())
    some = list(samples().values())[: _pictures_for(spec)]
    pictures = [of_sample(sample).picture.image for sample in some]
    recipe = usual_recipe(spec).at(_size(spec))
    batch = readings.raw(pictures, recipe, spec.in_channels)
    candidates = dict(readings.VALUES)
    if _mine.found.recipe is not None:
        candidates = {"own": (*_mine.found.recipe, False)} | candidates
    _say(_LOADED)
    values = readings.weigh_values(network, batch, candidates)
    _say(_VALUES_TOLD)
    usual = "own" if "own" in candidates else usual_values(spec)
    chosen = candidates[readings.best(values, [usual, *candidates], readings.CLEAR_VALUES)]
    return Verdict(_in_rounds(_mine, device, readings.normalised(batch, chosen), _say), values)


def _in_rounds(
    mine: Mine, device: str, batch: Any, say: Callable[[float], None]
) -> tuple[Weighed, ...]:
    """All readings of the likeliest stem, then the other stems of the best of them."""
    from explorer.experiments import readings

    numbered = list(enumerate(mine.found.readings))

    def weigh(some: Sequence[tuple[int, Reading]], begin: float) -> tuple[Weighed, ...]:
        networks = {
            str(index): (lambda one=one: own_weights.network(mine, one.spec, device))
            for index, one in some
        }
        return readings.weigh_readings(
            networks, batch, lambda done, todo: say(begin + (1 - begin) * done / todo)
        )

    stem = mine.found.spec.stem
    first = weigh([(index, one) for index, one in numbered if one.spec.stem == stem], _VALUES_TOLD)
    best = mine.found.readings[int(first[0].name)].spec
    others = [
        (index, one)
        for index, one in numbered
        if one.spec.stem != stem and differing_fields(one.spec, best) == ("stem",)
    ]
    return readings.by_distance([*first, *weigh(others, _FIRST_ROUND)])


def usual_values(spec: NetworkSpec) -> str:
    """What is subtracted and divided by where nothing is known."""
    return "cifar10" if spec.stem_stride == 1 else "imagenet"


def best_values(mine: Mine, verdict: Verdict) -> str:
    """The nearest; the usual ones where others are as near."""
    from explorer.experiments import readings

    usual = "own" if mine.found.recipe is not None else usual_values(mine.found.spec)
    names = [one.name for one in verdict.values]
    return readings.best(verdict.values, [usual, *names], readings.CLEAR_VALUES)


def best_reading(mine: Mine, verdict: Verdict) -> Reading:
    """The nearest; the likeliest where others are as near."""
    from explorer.experiments import readings

    order = [str(index) for index in range(len(mine.found.readings))]
    return mine.found.readings[int(readings.best(verdict.readings, order))]


def _same(one: NetworkSpec, other: NetworkSpec) -> bool:
    from explorer.networks.recognise import alike

    return alike(one, other)


def _is_near(mine: Mine, verdict: Verdict, now: Reading | None) -> bool:
    """Whether the figures speak for a reading, or at least not against it."""
    from explorer.experiments import readings

    near = readings.undecided(verdict.readings)
    return not near or any(mine.found.readings[int(name)] == now for name in near)


def _what_it_is(mine: Mine, spec: NetworkSpec, unlikely: bool) -> str:
    found = mine.found
    facts = [
        label(f"recognised_stem.{spec.stem}"),
        label(f"recognised_block.{spec.block}", n=sum(spec.depths)),
        label(f"recognised_shortcut.{spec.shortcut}"),
    ]
    if spec.shortcut == "padding":
        facts.append(label(f"recognised_zeros.{spec.zero_padding}"))
    if spec.avg_down:
        facts.append(label("recognised.avg_down"))
    if spec.activation_order == "pre":
        facts.append(label("recognised.pre"))
    if spec.groups > 1:
        facts.append(label("recognised.groups", n=spec.groups))
    if spec.se_ratio:
        facts.append(label("recognised.se", ratio=spec.se_ratio))
    facts.append(label(f"recognised_norm.{spec.norm}"))
    if spec.in_channels != 3:
        facts.append(count(spec.in_channels, "image_channel"))
    facts.append(
        count(spec.num_classes, "class")
        if found.head == "classes"
        else label(f"recognised_head.{found.head}")
    )
    near = PRESETS[picker.nearest(spec)]
    unlike = [
        field for field in differing_fields(spec, near.spec) if matters(field, spec, near.spec)
    ]
    bp = blueprint(spec, spec.minimum_image_size)
    # A file without a classifier is read with the smallest one, which is not in it.
    absent = found.head == "none"
    params = bp.params - (bp.ops[-1].params if absent else 0)
    title = "what it would be" if unlikely else "what it is"
    return section(
        "recognition",
        title if unlike else f"{title}, as named",
        file=quoted(mine.name),
        depth=spec.depth - absent,
        facts=label("list.comma").join(facts),
        params=params,
        depths=", ".join(map(str, spec.depths)),
        widths=", ".join(f"{width * spec.expands_by:,}" for width in spec.widths),
        nearest=near.title,
        fields=label("list.comma").join(f"*{field_label(field)}*" for field in unlike),
    )


def _quoted(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: quoted(value) if isinstance(value, str) else value for key, value in values.items()
    }


def _aside(mine: Mine) -> None:
    """What else is in the file, by name."""
    found = mine.found
    told = [
        label(f"recognised_aside.{one.kind}", name=quoted(one.name), n=one.count)
        for one in found.aside[:_SHOWN]
    ]
    if len(found.aside) > _SHOWN:
        told.append(label("recognised_aside.more", n=len(found.aside) - _SHOWN))
    if found.optimisers:
        told.append(label("recognised_aside.optimiser"))
    if found.extras:
        shown = label("list.comma").join(quoted(one) for one in found.extras[:_SHOWN])
        told.append(label("recognised_aside.extras", names=shown))
    if found.prefix:
        st.caption(section("recognition", "found under", prefix=quoted(found.prefix)))
    if told:
        st.caption(section("recognition", "aside", things=label("list.comma").join(told)))


def draw_readings(choice: Choice, device: str) -> None:
    """The readings that fit the visitor's file, with their figures, and the curves of two."""
    mine = own_weights.mine()
    now = mine.reading_of(choice.spec) if mine is not None and mine.found.placed else None
    if mine is None or now is None:
        return
    verdict = weighed(mine, device)
    ranked = verdict.readings
    if not ranked:
        return
    title = label("recognised.readings", readings=count(len(ranked), "reading"))
    with st.expander(title, expanded=False):
        st.write(section("recognition", "method"))
        figures, curves = st.columns(2, gap="medium")
        with figures:
            _figures(
                "recognised.reading",
                {_reading_words(mine.found.readings[int(one.name)]): one for one in ranked},
            )
            if len(mine.found.readings) > 1:
                _choose(mine, now)
        with curves:
            _curves(mine, verdict, now)
        st.write(section("recognition", "values, measured"))
        _figures(
            "recognised.values", {label(f"{VALUES}.{one.name}"): one for one in verdict.values}
        )
        _limits()


def _figures(heading: str, weighed: Mapping[str, Weighed]) -> None:
    st.table(
        [
            {label(heading): name, label("recognised.distance"): f"{one.distance:.3f}"}
            for name, one in weighed.items()
        ],
        border="horizontal",
    )


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
                label("recognised_limits.network"): PRESETS[row.network].title,
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


def _judged(mine: Mine, verdict: Verdict, now: Reading | None) -> str:
    from explorer.experiments import readings

    ranked = verdict.readings
    by_name = {one.name: one.distance for one in ranked}
    index = str(mine.found.readings.index(now)) if now in mine.found.readings else ranked[0].name
    distance = by_name.get(index, ranked[0].distance)
    near = readings.undecided(ranked)
    values = {"distance": distance, "n": len(near)}
    if index not in near:
        return section("recognition", "not the nearest", best=ranked[0].distance, **values)
    if len(ranked) == 1:
        return section("recognition", "only reading", **values)
    if len(near) > 1:
        return section("recognition", "undecided", **values)
    return section("recognition", "decided", next=ranked[1].distance, **values)


def _reading_words(reading: Reading) -> str:
    """What sets a reading apart from the others, in a few words."""
    return label("list.comma").join(_parts(reading)) or label("recognised.as_is")


def _parts(reading: Reading) -> tuple[str, ...]:
    """The fields that nothing in the file decides, less those that do not apply."""
    spec = reading.spec
    moot = {
        "zero_padding": spec.shortcut != "padding",
        "avg_down": spec.shortcut == "none",
    }
    return tuple(_value_words(field, value) for field, value in reading.open if not moot.get(field))


def _short_names(some: Sequence[Reading]) -> list[str]:
    """What sets these apart from one another: a legend has no room for what they share."""
    parts = [_parts(one) for one in some]
    shared = set(parts[0]).intersection(*parts[1:]) if len(parts) > 1 else set()
    return [
        label("list.comma").join(one for one in own if one not in shared)
        or label("recognised.as_is")
        for own in parts
    ]


def _value_words(field: str, value: object) -> str:
    tables = {
        "shortcut": "recognised_shortcut",
        "zero_padding": "recognised_zeros",
        "stem": "recognised_stem",
        "stride_on": "recognised_stride",
        "activation_order": "recognised_order",
    }
    if field == "avg_down":
        return label("recognised_halves.averages" if value else "recognised_halves.pixels")
    if field == "share_first":
        return label("recognised_first.activation" if value else "recognised_first.stem")
    if field in tables:
        return label(f"{tables[field]}.{value}")
    return label("recognised.field", field=field_label(field), value=value)


def _choose(mine: Mine, now: Reading | None) -> None:
    options = list(range(len(mine.found.readings)))
    index = mine.found.readings.index(now) if now in mine.found.readings else 0
    chosen = st.selectbox(
        label("recognised.choose"),
        options,
        index=index,
        format_func=lambda one: _reading_words(mine.found.readings[one]),
        key=f"infer_reading {mine.key} {index}",
    )
    if chosen != index:
        picker.take(mine.found.readings[chosen].spec)
        st.rerun()


def _curves(mine: Mine, verdict: Verdict, now: Reading | None) -> None:
    """The reading that is taken, and the nearest that the figures tell from it (or the next)."""
    from explorer.experiments import readings
    from explorer.views.inference_charts import remembered_curves

    near = readings.undecided(verdict.readings)
    taken = [one for one in verdict.readings if mine.found.readings[int(one.name)] == now]
    taken = taken or [verdict.readings[0]]
    others = [one for one in verdict.readings if one is not taken[0]]
    apart = [one for one in others if (one.name in near) != (taken[0].name in near)]
    two = [*taken, *(apart or others)[:1]]
    figure = remembered_curves(
        _short_names([mine.found.readings[int(one.name)] for one in two]),
        [one.found.paths for one in two],
        [one.found.distances for one in two],
    )
    show(figure, "infer_remembered", alt=section("recognition", "curves"))


def device_of(choice: Choice) -> str:
    """Where the choice's network runs."""
    return usable_device(choice.device).id
