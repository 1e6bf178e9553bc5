"""Words of visitors, to be shown as they are."""

import re

_LONGEST = 60


def quoted(value: object) -> str:
    """What a visitor typed or a link says, as Markdown that shows it and does nothing else.

    A link could otherwise bring pictures and links of its own into the page. Shortened to 60
    characters.
    """
    text = str(value)
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    # A line break would end the code span; repr also makes invisible characters visible.
    text = repr(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{text}{fence}"
