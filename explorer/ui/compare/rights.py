"""The network on the right: a named one, and what a swap of the sides has left of changes to it.

In the address: `with=resnet50` and, where something is changed, `compare_changes=` as a list of
`field:value`, such as `stride_on:1x1; se_ratio:16`.
"""

from dataclasses import replace
from typing import Any, Final

import streamlit as st

from explorer.architecture import NetworkSpec, blueprint
from explorer.architecture.choices import CHOICES, SWITCHES
from explorer.architecture.image_size import ImageSize, short_text
from explorer.ui import picker
from explorer.ui.fields import FIELDS, NO, YES, parsed, written
from explorer.ui.picker import Choice
from explorer.words import FieldError, label, quoted, section

LONGEST: Final = 1000
"""Characters of changes in the address: all fields with the longest lists fit in."""
_SIZE: Final = "image_size"


def of(left: Choice, name: str, changes: str) -> Choice:
    """The network of this name with these changes; says on the page which are left out, and why."""
    found = _parsed(changes)
    while True:
        try:
            return _built(left, name, found)
        except FieldError as problem:
            blamed = next((field for field in problem.fields if field in found), None)
            _left_out(f"{blamed}:{changes}" if blamed is None else f"{blamed}:{found[blamed]}")
            found = {} if blamed is None else {f: v for f, v in found.items() if f != blamed}


def written_of(left: Choice, right: Choice) -> str:
    """What the address says of the right network beside this left one, besides its name."""
    base = picker.entry_of(right.name).spec
    found = [
        f"{field}:{written(field, right.spec)}"
        for field in FIELDS
        if getattr(right.spec, field) != getattr(base, field)
    ]
    if _usual_size(left, right.name, right.spec) != right.image_size:
        found.append(f"{_SIZE}:{short_text(right.image_size)}")
    return "; ".join(found)


def _parsed(changes: str) -> dict[str, str]:
    """Values by field, as they are written; what is no field is said and left out."""
    found: dict[str, str] = {}
    for part in changes.split(";"):
        field, colon, value = (text.strip() for text in part.partition(":"))
        if not part.strip():
            continue
        if colon and value and field in (*FIELDS, _SIZE) and _allowed(field, value):
            found[field] = value
        else:
            _left_out(part.strip())
    return found


def _allowed(field: str, value: str) -> bool:
    if field in SWITCHES:
        return value in (YES, NO)
    return field not in CHOICES or value in CHOICES[field]


def _left_out(part: str) -> None:
    st.warning(section("compare", "unknown change", change=quoted(part)))


def _built(left: Choice, name: str, changes: dict[str, str]) -> Choice:
    entry = picker.entry_of(name)
    values: dict[str, Any] = {field: parsed(field, value) for field, value in changes.items()}
    size: ImageSize | None = values.pop(_SIZE, None)
    spec = replace(entry.spec, **values)
    if size is None:
        size = _usual_size(left, name, spec)
    blueprint(spec, size)
    customised = spec != entry.spec
    title = label("net.customised", title=entry.title) if customised else entry.title
    return replace(left, spec=spec, image_size=size, name=name, title=title, customised=customised)


def _usual_size(left: Choice, name: str, spec: NetworkSpec) -> ImageSize:
    """The left network's, where both are usually shown alike and this one can read it."""
    usual = picker.entry_of(name).image_size
    if picker.entry_of(left.name).image_size != usual:
        return usual
    try:
        blueprint(spec, left.image_size)
    except FieldError:
        return usual
    return left.image_size
