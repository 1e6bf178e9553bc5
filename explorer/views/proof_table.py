"""A proof as a table: what is claimed beside what was computed now."""

from explorer.experiments.proofs import Line, Proof
from explorer.views.numbers import readable
from explorer.views.tables import markdown_row
from explorer.words import label, section


def proof_table(proof: Proof, corrects: bool = False) -> str:
    """Claimed and computed, line by line, in Markdown.

    Where the proof `corrects` a myth, the claims are the correction's: a tick beside them must not
    be taken for the myth's.
    """
    rows = (markdown_row([_cell(text) for text in _row(line)]) for line in proof.lines)
    title = "table of a correction" if corrects else "table"
    return section("proofs_page", title, rows="\n".join(rows))


def myth_table(says: str, wrong: bool, proof: Proof) -> str:
    """What a myth says beside what was computed, in Markdown.

    The cross stands there only where every line of the correction holds.
    """
    found = label("list.semicolon").join(
        section("proofs_page", "computed of it", what=line.what, computed=line.computed)
        for line in proof.lines
    )
    mark = label(f"myth_mark.{'wrong' if wrong else 'imprecise'}") if proof.holds else ""
    return section(
        "proofs_page", "myth beside it", says=_cell(says), mark=mark, computed=_cell(found)
    )


def _row(line: Line) -> tuple[str, str, str]:
    """In words where it differs: a sign alone is easily overlooked."""
    verdict = "holds" if line.holds else "differs"
    return line.what, line.claimed, section("proofs_page", verdict, computed=line.computed)


def _cell(text: str) -> str:
    return readable(text).replace("|", "\\|")
