"""The one door for every control that the address holds.

The address holds ids, the screen words: renaming a tab or changing the language breaks no link.
Streamlit's own `bind="query-params"` writes the formatted label into the address; so a choice
among words is kept here, and Back and Forward undo and redo it. Values that read the same in
every language (numbers, texts, switches, paths of ops) are bound by Streamlit, which replaces
the entry of the history: stepping through sixty ops leaves one step to go back.

A control's words are found by its key: `[KEY]` of labels.toml holds its `label` and one entry
for each of its ids. What links of earlier versions said is in aliases.toml.
"""

from explorer.ui.controls.address import (
    address_held,
    aliases,
    carried,
    held,
    meant,
    one_step,
    put,
    release,
    say,
    settled,
    text,
    unknown,
)
from explorer.ui.controls.drawn_again import all_held, drawn_again
from explorer.ui.controls.language import begin, choose_language, language
from explorer.ui.controls.memory import (
    address_is_news,
    again,
    begin_page,
    came_by_history,
    frame_is_old,
    in_part,
    of_visitor,
    page,
)
from explorer.ui.controls.widgets import BOUND, Kind, choice, choices, number, sections

__all__ = [
    "BOUND",
    "Kind",
    "address_held",
    "address_is_news",
    "again",
    "aliases",
    "all_held",
    "begin",
    "begin_page",
    "came_by_history",
    "carried",
    "choice",
    "choices",
    "choose_language",
    "drawn_again",
    "frame_is_old",
    "held",
    "in_part",
    "language",
    "meant",
    "number",
    "of_visitor",
    "one_step",
    "page",
    "put",
    "release",
    "say",
    "sections",
    "settled",
    "text",
    "unknown",
]
