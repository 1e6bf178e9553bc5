"""A proof as a table: what is claimed beside what was computed now."""

from explorer.experiments.proofs import Line, Proof
from explorer.words import section


def proof_table(proof: Proof, corrects: bool = False) -> str:
    """Claimed and computed, line by line, in Markdown.

    Where the proof `corrects` a myth, the claims are the correction's: a tick beside them must not
    be taken for the myth's.
    """
    rows = (f"| {' | '.join(map(_cell, _row(line)))} |" for line in proof.lines)
    title = "table of a correction" if corrects else "table"
    return section("proofs_page", title, rows="\n".join(rows))


def _row(line: Line) -> tuple[str, str, str]:
    """In words where it differs: a sign alone is easily overlooked."""
    verdict = "holds" if line.holds else "differs"
    return line.what, line.claimed, section("proofs_page", verdict, computed=line.computed)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
