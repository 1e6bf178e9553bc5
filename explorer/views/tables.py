"""Tables: rows whose columns are ids, worded when they are handed out, and as text."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from explorer.words import label


def heading(table: str, column: str) -> str:
    """What a column is called: an entry of the table of labels of this name."""
    return label(f"{table}.{column}")


def worded(rows: Iterable[Mapping[str, Any]], table: str) -> list[dict[str, Any]]:
    """The rows with their columns' headings in place of the ids.

    >>> worded([{"channel": 0}], "layer_channels")
    [{'channel': 0}]
    """
    listed = list(rows)
    names = headings(table, dict.fromkeys(column for row in listed for column in row))
    return [{names[column]: cell for column, cell in row.items()} for row in listed]


def headings(table: str, columns: Iterable[str]) -> dict[str, str]:
    """Column -> heading, as Streamlit's `column_config` takes it: the rows keep their ids."""
    return {column: heading(table, column) for column in columns}


def csv_text(rows: Iterable[Mapping[str, Any]], table: str) -> str:
    """At least one row as comma-separated values, below the columns' headings."""
    shown = worded(rows, table)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(shown[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(shown)
    return text.getvalue()


def markdown_row(cells: Sequence[str]) -> str:
    """One line of a Markdown table."""
    return f"| {' | '.join(cells)} |"
