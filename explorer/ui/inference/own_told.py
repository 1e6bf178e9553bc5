"""What a visitor's file is, in sentences: the network, what was done, what was set aside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from explorer.architecture import PRESETS, NetworkSpec, blueprint, smallest_image_size
from explorer.architecture.alignment import differing_fields, matters
from explorer.ui import picker
from explorer.ui.compare_link import compare_link
from explorer.ui.fields import field_label
from explorer.ui.inference.own_verdict import VALUES
from explorer.ui.own_weighed import weighed
from explorer.ui.own_weights import Mine
from explorer.ui.picker import Choice
from explorer.words import count, label, listed, quoted, section

if TYPE_CHECKING:
    from explorer.experiments.weighing import Verdict
    from explorer.networks.recognise import Reading

_SHOWN: Final = 8


def told(mine: Mine, choice: Choice, device: str) -> None:
    """What the file is, what was set aside and done, and how near its reading is."""
    from explorer.experiments import weighing

    found = mine.found
    verdict = weighed(mine, device)
    now = mine.reading_of(choice.spec) or weighing.best_reading(found, verdict)
    unlikely = not weighing.is_near(found, verdict, now)
    said = st.warning if unlikely else st.success
    said(what_it_is(mine, now.spec, unlikely), icon=":material/search:")
    for sentence in remarks(mine):
        st.caption(sentence)
    fits = found.placed and mine.reading_of(choice.spec) is not None
    if fits and (sentence := judged(mine, verdict, now)):
        st.caption(sentence)
        if sentence := doubt(verdict):
            st.warning(sentence, icon=":material/straighten:")
        if sentence := sized(now.spec, verdict):
            st.caption(sentence)
        if sentence := unremembered(mine, verdict):
            st.warning(sentence, icon=":material/straighten:")
        if sentence := values_judged(mine, verdict):
            st.caption(sentence)
    compare_link(choice)


def what_it_is(mine: Mine, spec: NetworkSpec, unlikely: bool = False) -> str:
    """The network in one sentence, beside the named one that is nearest."""
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
        if not spec.share_projection:
            facts.append(label("recognised_projections.input"))
        if spec.stem_norm == "always":
            facts.append(label("recognised.stem_norm"))
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
    bp = blueprint(spec, smallest_image_size(spec))
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


def remarks(mine: Mine) -> list[str]:
    """What was done with the file, where the network was in it, and what was set aside, by
    name."""
    found = mine.found
    said = [section("recognition", title, **_quoted(values)) for title, values in found.notes]
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
        said.append(section("recognition", "found under", prefix=quoted(found.prefix)))
    if told:
        said.append(section("recognition", "aside", things=label("list.comma").join(told)))
    return said


def doubt(verdict: Verdict) -> str:
    """Why even the nearest reading computes something else than the file's own program does;
    empty where nothing says so."""
    from explorer.experiments import other_programs, readings

    other = other_programs.told(verdict.others)
    if other is not None:
        by_name = {one.name: one.distance for one in verdict.others}
        told = {"distance": by_name[other], "relu": by_name[other_programs.OURS]}
        return section("recognition", f"program {other}", **told)
    far = bool(verdict.readings) and verdict.readings[0].distance > readings.FAR
    return section("recognition", "far") if far else ""


def judged(mine: Mine, verdict: Verdict, now: Reading | None) -> str:
    """What the statistics say of a reading; empty where there is nothing to judge."""
    from explorer.experiments import readings, weighing

    ranked = verdict.readings
    if not ranked:
        several = len(mine.found.readings) > 1
        return section("recognition", "cannot weigh") if several else ""
    by_name = {one.name: one.distance for one in ranked}
    index = str(mine.found.readings.index(now)) if now in mine.found.readings else ranked[0].name
    distance = by_name.get(index, ranked[0].distance)
    alike = readings.undecided(ranked)
    near = weighing.near_readings(verdict)
    values = {"distance": distance, "n": len(near)}
    if index not in alike:
        return section("recognition", "not the nearest", best=ranked[0].distance, **values)
    if len(ranked) == 1:
        return section("recognition", "only reading", **values)
    if len(alike) == 1:
        return section("recognition", "decided", next=ranked[1].distance, **values)
    layers = [one.distance for one in verdict.closer]
    if len(near) > 1 and index in near:
        return section("recognition", "undecided", **values)
    own = next((one.distance for one in verdict.closer if one.name == index), layers[0])
    title = "decided, layer by layer" if index in near else "not the nearest, layer by layer"
    told = {"n": len(alike), "distance": distance, "own": own}
    return section("recognition", title, best=layers[0], next=layers[1], **told)


def sized(spec: NetworkSpec, verdict: Verdict) -> str:
    """What is known of the size of the pictures that it learnt from; empty where only its stem
    tells."""
    from explorer.experiments import framing

    if verdict.side is not None:
        return section("recognition", "side", side=verdict.side)
    usual = framing.side_of(spec)
    by_side = {int(one.name): one.distance for one in verdict.sides}
    side = next(iter(by_side), usual)  # the nearest is first
    if usual not in by_side or side == usual:
        return ""
    told = {"usual": usual, "own": by_side[usual], "side": side, "other": by_side[side]}
    return section("recognition", "side undecided", **told)


def unremembered(mine: Mine, verdict: Verdict) -> str:
    """That nothing tells what was done to pixels, and how much depends on it."""
    from explorer.experiments import weighing

    if not verdict.otherwise or mine.found.recipe is not None:
        return ""
    counts = [n for _, n in verdict.otherwise]
    way = label(f"{VALUES}.{weighing.usual_of(mine.found)}")
    told = {"least": min(counts), "most": max(counts), "pictures": verdict.pictures}
    return section("recognition", "values untold", way=f"*{way}*", **told)


def values_judged(mine: Mine, verdict: Verdict) -> str:
    """What nothing tells of what was done to pixels; empty where the file says it, or one way is
    nearer than all others."""
    from explorer.experiments import weighing

    near = weighing.near_values(verdict)
    if mine.found.recipe is not None or len(near) < 2:
        return ""
    taken = weighing.best_values(mine.found, verdict)
    others = listed([f"*{label(f'{VALUES}.{way}')}*" for way in near if way != taken])
    title = "values undecided, exact" if verdict.exact else "values undecided"
    return section("recognition", title, way=f"*{label(f'{VALUES}.{taken}')}*", others=others)
