"""Links into the glossary, in every language's texts, name terms that it has."""

import re
from urllib.parse import parse_qs

from explorer.lessons.glossary import terms
from explorer.words.text import FOLDER

LINK = re.compile(r"\]\(glossary\?([^)]+)\)")


def test_every_link_names_a_term():
    known = {term.id for term in terms()}
    found = {
        (file.name, parse_qs(match[1])["term"][0])
        for file in FOLDER.rglob("*.md")
        for match in LINK.finditer(file.read_text(encoding="utf-8"))
    }
    assert len(found) >= 12
    assert {(file, term) for file, term in found if term not in known} == set()
