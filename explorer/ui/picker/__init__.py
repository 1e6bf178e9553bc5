"""The sidebar: which network, what is changed about it, image size and device.

Every control is bound to the URL. Defaults must not depend on the network, or the URL would lose
values; so an empty control means 'as the named network has it' and shows that as its placeholder.
"""

from explorer.ui.picker.choice import (
    CUSTOM,
    FIRST,
    Choice,
    current,
    entry_of,
    network_chosen,
    say_square,
)
from explorer.ui.picker.elsewhere import forget_changes, nearest, put, switch_to, take
from explorer.ui.picker.sidebar import CUSTOMISE, draw, follows_from

__all__ = [
    "CUSTOM",
    "CUSTOMISE",
    "FIRST",
    "Choice",
    "current",
    "draw",
    "entry_of",
    "follows_from",
    "forget_changes",
    "nearest",
    "network_chosen",
    "put",
    "say_square",
    "switch_to",
    "take",
]
