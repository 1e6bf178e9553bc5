"""What a link says of the network: under the names of before, of a family, or in error."""

from typing import Final

import streamlit as st

from explorer import words
from explorer.architecture import FAMILIES
from explorer.architecture.choices import CHOICES, SWITCHES
from explorer.ui import controls
from explorer.ui.fields import FIELDS, NO, RENAMED, YES
from explorer.ui.picker.choice import CHOSEN, CUSTOM, NETWORKS, STATE, entry_of
from explorer.words import quoted

DEVICES: Final = ("auto", "cpu", "cuda", "mps", "xpu")
_AS_LINKED: Final = "choice_as_linked"
COMPLAINTS: Final = "url_complaints"
_OF_PAGES: Final = (
    *("bn", "compare", "glossary", "gradient", "infer", "lesson", "memory", "myths", "origin"),
    *("params", "questions", "quiz", "see", "shortcuts", "table", "term", "trace", "unit", "why"),
    *("utm_", "fbclid", "gclid"),
)
"""How the keys of the pages' own controls begin, and what others hang on to links."""


def note_first_visit() -> None:
    """Note what the link of a session's first run says that is not understood."""
    if st.session_state.get(COMPLAINTS) is not None:
        return
    query = st.query_params.to_dict()
    allowed = {
        "device": DEVICES,
        **CHOICES,
        **dict.fromkeys(SWITCHES, (YES, NO)),
        **{former: tuple(values) for former, (_, values) in RENAMED.items()},
    }
    complaints = [
        words.section(
            "picker",
            "unknown value",
            field=f"{field}={quoted(query[field])}",
            allowed=", ".join(options),
        )
        for field, options in allowed.items()
        if query.get(field) and query[field] not in options
    ]
    if query.get("family") and family_of_link() is None:
        complaints.append(
            words.section(
                "picker",
                "unknown value",
                field=f"family={quoted(query['family'])}",
                allowed=", ".join(map(family_title, (*FAMILIES, CUSTOM))),
            )
        )
    complaints += [
        words.section("picker", "unknown field", field=f"{quoted(key)}={quoted(query[key])}")
        for key in query
        if not is_known(key)
    ]
    st.session_state[COMPLAINTS] = complaints
    named = query.get("net")
    known = named is not None and controls.meant("net", named, NETWORKS) is not None
    st.session_state[CHOSEN] = known
    if named and not known:
        complaints.append(words.section("picker", "unknown network", name=quoted(named)))


def rename() -> None:
    """Links of earlier versions had other names for some fields."""
    for former, (field, values) in RENAMED.items():
        said = st.query_params.get(former)
        if said is None:
            continue
        del st.query_params[former]
        if said in values and field not in st.query_params:
            controls.put(field, values[said])


def what_was_wrong() -> list[str]:
    """What the link got wrong, until the visitor chooses something else."""
    choice = st.session_state[STATE]
    if st.session_state.setdefault(_AS_LINKED, choice) != choice:
        st.session_state[COMPLAINTS] = []
    complaints: list[str] = st.session_state[COMPLAINTS]
    return complaints


def is_known(key: str) -> bool:
    """Whether the sidebar or some page has such a control: it has words, or its page's name."""
    ours = {*FIELDS, *RENAMED, "image_size", "net", "family", "device", "lang", "with"}
    return key in ours or key.startswith(_OF_PAGES) or bool(words.labels(key))


def family_of_link() -> str | None:
    """Links of earlier versions named a family and left its first network out."""
    asked = st.query_params.get("family", "")
    family = controls.meant("family", asked, (*FAMILIES, CUSTOM))
    return members(family)[0] if family else None


def members(family: str) -> tuple[str, ...]:
    """The named networks of a family."""
    return tuple(name for name in NETWORKS if entry_of(name).family == family)


def family_title(family: str) -> str:
    """What a family is called on screen."""
    return words.label(f"family.{family}")
