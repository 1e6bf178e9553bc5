"""Every statement is complete, and every proof holds for exactly what its correction says."""

import re

import pytest

from explorer.experiments.proofs import prove
from explorer.lessons.myths import VERDICTS, myths
from tests.lessons import numbers_told

ENTRIES = dict(numbers_told.entries())
MYTHS = pytest.mark.parametrize("myth", myths(), ids=lambda myth: myth.id)


def words(text):
    return re.sub(r"[*`]", "", text)


@MYTHS
def test_texts_are_complete(myth):
    assert myth.verdict in VERDICTS
    for text in (myth.title, myth.says, myth.fact, myth.origin, myth.why):
        assert text and not re.search(r"[{}]|None|  ", text), text
    for text in (myth.says, myth.fact, myth.origin, myth.why):
        assert text[-1] in ".?", text


@pytest.mark.parametrize("myth", [myth for myth in myths() if myth.proof], ids=lambda myth: myth.id)
def test_proofs_hold_for_what_is_said(myth):
    said = words(f"{myth.fact} {myth.why}")
    lines = prove(myth.proof).lines
    (place,) = {f"myths/{myth.id}", f"myths_tutorials/{myth.id}"} & set(ENTRIES)
    claims = [line.claimed for line in lines]
    assert numbers_told.unaccounted(place, ENTRIES[place], claims) == set()
    for line in lines:
        assert line.holds, f"{line.what}: claimed {line.claimed}, computed {line.computed}"
        assert words(line.claimed) in said, f"the correction does not say {line.claimed!r}"


def test_there_are_thirty_of_all_kinds():
    assert len(myths()) >= 30
    for names in ([myth.id for myth in myths()], [myth.title for myth in myths()]):
        assert len(set(names)) == len(myths())
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", myth.id) for myth in myths())
    assert {myth.verdict for myth in myths()} == set(VERDICTS)
    assert sum(bool(myth.proof) for myth in myths()) >= len(myths()) - 4


def test_the_misprint_is_called_wrong():
    myth = next(myth for myth in myths() if "1170648" in myth.says)
    assert myth.verdict == "wrong" and "1,179,648" in myth.fact


def test_every_statement_names_its_source_with_an_address():
    assert [myth.id for myth in myths() if "](https://" not in myth.source] == []
