"""Links that were shared before addresses held ids open what they opened then.

`before.json` was recorded from commit 687d918, the last one whose addresses held English labels:
every page and section, every option of every control of the address (several at once), every card,
statement and stop, every link in a text. It is never recorded again; where a
question of the quiz was worded anew, its sentence was changed by hand.
"""

import json
import re
from pathlib import Path

import pytest

from tests.addresses.view import query_of, view_of

BEFORE = json.loads((Path(__file__).parent / "before.json").read_text(encoding="utf-8"))


FIRST_OF_ALL = {"myths", "myths?myths_card=nonsense"}
"""Links that name no statement: another one comes first now."""


STAGES = {f"layer{number}": f"conv{number + 1}_x" for number in range(1, 9)}
STEMS = {"imagenet": "ImageNet: 7×7, max pool", "cifar": "CIFAR: 3×3"}
BLOCKS = {"shortcuts_block", "infer_cam_block", "infer_field", "infer_block"}
"""Controls that choose a block."""


def test_there_are_many_of_every_page():
    pages = {path.stem for path in (Path(__file__).parents[2] / "pages").glob("*.py")}
    counted = {page: sum(query_of(link)[0] == page for link in BEFORE) for page in pages}
    new = {page for page, count in counted.items() if not count}
    assert new <= {"compare", "glossary"}, "pages that came later have no links of before"
    assert all(count >= 8 for page, count in counted.items() if page not in new), counted
    assert len(BEFORE) >= 400


def as_today(controls: dict[str, list[str]], address: str) -> dict[str, list[str]]:
    """What is compared of controls: what a visitor would take for another choice."""
    kept = dict(controls)
    # The control may show the title where the link has the name: the network is compared itself.
    kept.pop("net", None)
    # Runs are chosen by their names now, where there are any; of a link's, none is on this server.
    kept.pop("why_runs", None)
    if address in FIRST_OF_ALL:
        kept.pop("myths_card", None)
    # Of a control without a value only the label is told; closed parts draw none.
    kept = {key: held for key, held in kept.items() if len(held) > 1}
    # What normalises is one choice now, of which none is one; `changed` compares the network.
    kept.pop("batch_norm", None)
    if "questions_card" in kept:
        label, *chosen = kept["questions_card"]
        kept["questions_card"] = [re.sub(r"\d+", "#", label), *chosen]
    # One sign of multiplication in what is read: 1×1.
    for key in {"stride_on", "unit_stride_on"} & set(kept):
        kept[key] = [one_sign(text) for text in kept[key]]
    # Stems are told in words.
    if "stem" in kept:
        kept["stem"] = [STEMS.get(text, text) for text in kept["stem"]]
    # Blocks have both their names now: conv3_1 (layer2.0).
    for key in BLOCKS & set(kept):
        kept[key] = [re.sub(r".*\((.*)\)$", r"\1", text) for text in kept[key]]
    if "shortcuts_unfold" in kept:
        kept["shortcuts_unfold"] = [STAGES.get(text, text) for text in kept["shortcuts_unfold"]]
    if "infer_field" in kept:
        last = re.compile(".*, the last block$")
        kept["infer_field"] = [last.sub("last block", text) for text in kept["infer_field"]]
    if "lesson_stop" in kept:
        # Stops are numbered now, and say how long they take.
        plain = re.compile(r"\d+\. (.*) · \d+ minutes(?: .*)?")
        kept["lesson_stop"] = [plain.sub(r"\1", text) for text in kept["lesson_stop"]]
    if "infer_sample" in kept:
        kept["infer_sample"] = ["", *kept["infer_sample"][1:]]
    # A link that names no block opens on one whose field fits into the picture.
    if "infer_field=" not in address:
        kept.pop("infer_field", None)
    return kept


def one_sign(text: str) -> str:
    """Sizes are written with one sign of multiplication now, 3×3."""
    return re.sub(r"(?<=\d)x(?=\d)", "×", text)


@pytest.mark.parametrize("address", BEFORE)
def test_an_old_address_opens_the_same_view(open_app, address):
    page, query = query_of(address)
    app = open_app(page, **query)
    assert not app.exception, [box.message for box in app.exception]
    expected = dict(BEFORE[address])
    asked = expected.pop("controls", {})
    found = view_of(app, list(asked))
    controls = as_today(asked, address)
    told = as_today(found.pop("controls", {}), address)
    # Sections were tabs, which have no label of their own.
    unnamed = {key for key, (label, *_) in controls.items() if not label}
    assert {key: ["", *held[1:]] if key in unnamed else held for key, held in told.items()} == (
        controls
    )
    # Pages gain headings, columns and texts, and reword them; a section is told by its headings,
    # the rows of its tables, and texts that stayed.
    headings = expected.pop("headings", [])[: 1 if address in FIRST_OF_ALL else None]
    # Names in titles are in bold type, which keeps them on one line (explorer/ui/frame.py).
    shown = {one_sign(text.replace("**", "")) for text in found["headings"]}
    lost = [text for text in headings if one_sign(text) not in shown]
    assert not lost, lost
    texts = expected.pop("texts", [])
    assert not texts or set(texts) & set(found["texts"]), texts
    for part in ("headings", "texts"):
        found.pop(part, None)
    for view in (found, expected):
        if "complaints" in view:
            # There are more families to choose from.
            cut = [re.sub("allowed: .*", "", text) for text in view["complaints"]]
            view["complaints"] = [one_sign(text) for text in cut]
    # A link's unknown question is named now.
    if questions := [text for text in found.get("complaints", ()) if "questions_card" in text]:
        found["complaints"] = [text for text in found["complaints"] if text not in questions]
        if not found["complaints"]:
            del found["complaints"]
    if expected.get("changed", {}).get("batch_norm") is False:
        expected["changed"]["norm"] = "none"
        del expected["changed"]["batch_norm"]
    for view in (found, expected):
        if "tables" in view:
            view["tables"] = [rows for rows, _ in view["tables"]]
    # A grid cuts long sentences; some of the tables are drawn whole since.
    whole = [rows for rows, _ in found.pop("whole_tables", [])]
    if whole and "tables" in expected and found.get("tables") != expected["tables"]:
        found["tables"] = sorted([*found.get("tables", []), *whole])
        expected["tables"] = sorted(expected["tables"])
    assert found == expected
