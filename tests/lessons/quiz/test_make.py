"""Thousands of questions: exactly one right option, and explanations that arrive at it."""

import re
from functools import cache
from math import floor
from pathlib import Path
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from explorer import words
from explorer.architecture import PRESETS, blueprint
from explorer.lessons.quiz import THEMES, Network, Question, every_network, make_quiz
from explorer.lessons.quiz.make import KINDS
from explorer.lessons.quiz.question import OPTIONS, Draft, as_text, finish, read_number
from explorer.lessons.quiz.run import COLUMNS
from explorer.networks import build
from tests.strategies import specs_and_sizes

ROOT = Path(__file__).parents[3]
seeds = st.integers(0, 10**9)
FORMULA = re.compile(r"`([^`=]+) = ([\d,]+)`")


@cache
def long_quiz(seed: int) -> tuple[Question, ...]:
    """Twenty questions, made once for all tests that look through many."""
    return make_quiz(seed, 20)


def check(question: Question) -> None:
    names = [option.id for option in question.options]
    texts = [option.text for option in question.options]
    if question.typed:
        assert read_number(question.right) == question.right
    else:
        assert 3 <= len(texts) <= OPTIONS
        assert len(set(texts)) == len(texts)
        assert [question.is_right(name) for name in names].count(True) == 1
    for option in question.options:
        assert bool(option.mistake) is not question.is_right(option.id)
        assert option.text == question.shown(option.id)
    assert question.right not in question.mistakes
    assert question.explanation.rstrip("`").endswith(question.shown(question.right))
    for expression, result in FORMULA.findall(question.explanation):
        value = eval(expression.replace("×", "*").replace(",", ""), {"floor": floor})
        assert value == int(result.replace(",", ""))
    assert all(re.fullmatch(r"[a-z0-9_]+|[\d,]+|\([\d, ]+\)", name) for name in names)
    for text in (question.text, question.explanation, *question.mistakes.values(), *texts):
        assert not re.search(r"[{}]|None|  ", text), text


@settings(max_examples=300)
@given(seed=seeds)
def test_questions_on_random_networks(seed):
    questions = make_quiz(seed, 12)
    assert len(questions) == 12
    for question in questions:
        check(question)


@settings(max_examples=150)
@given(seed=seeds, network=specs_and_sizes(), data=st.data())
def test_questions_on_any_network(seed, network, data):
    spec, size = network
    themes = data.draw(st.lists(st.sampled_from(THEMES), unique=True))
    for question in make_quiz(seed, 8, themes, [Network("resnet18", "Any", spec, size)]):
        assert question.theme in (themes or THEMES)
        check(question)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_good_for_a_quiz(name):
    entry = PRESETS[name]
    network = Network(name, entry.title, entry.spec, entry.image_size)
    questions = make_quiz(3, 20, networks=[network])
    assert len(questions) == 20
    for question in questions:
        assert question.network == network
        check(question)


def test_the_seed_decides():
    assert make_quiz(7, 10) == make_quiz(7, 10) == make_quiz("7", 10)
    assert make_quiz(7, 10) != make_quiz(8, 10)
    assert make_quiz("Thursday", 10) != make_quiz("Friday", 10)


def test_a_quiz_begins_the_same_whatever_its_length():
    assert make_quiz(5, 20)[:10] == make_quiz(5, 10)


def test_every_kind_is_asked_and_none_twice():
    asked = [question for seed in range(60) for question in long_quiz(seed)]
    kinds = {kind.__name__ for kinds in KINDS.values() for kind in kinds}
    assert {question.kind for question in asked} == kinds
    for seed in range(20):
        questions = [(q.text, q.network) for q in make_quiz(seed, 30)]
        assert all(questions.count(question) == 1 for question in questions)


def test_every_theme_has_its_words():
    assert set(words.labels("quiz_themes")) - {"label"} == set(THEMES)
    assert set(words.labels("quiz_csv")) - {"yes", "no"} == set(COLUMNS)


def test_themes_take_turns():
    themes = [question.theme for question in make_quiz(1, len(THEMES))]
    assert sorted(themes) == sorted(THEMES)


def test_the_misprint_is_on_offer():
    """1,170,648 in place of 1,179,648: the error that tutorials copy from each other."""
    pairs = [
        question
        for seed in range(200)
        for question in make_quiz(seed, 10, ["parameters"])
        if question.kind == "params_of_pair" and question.right == "1,179,648"
    ]
    assert pairs
    assert all("1,170,648" in [option.text for option in q.options] for q in pairs)
    assert not any(question.typed for question in pairs)


def test_every_link_leads_to_a_page():
    pages = {question.page for seed in range(60) for question in long_quiz(seed)}
    for page in pages:
        assert (ROOT / "pages" / f"{page or 'home'}.py").exists(), page


def test_plain_networks_are_not_asked_about_shortcuts():
    entry = PRESETS["plain20"]
    network = Network("plain20", entry.title, entry.spec, 32)
    assert make_quiz(1, 5, ["shortcuts"], [network]) == ()


def test_the_name_is_hidden_where_it_is_the_answer():
    depth = [q for s in range(30) for q in make_quiz(s, 10, ["depth"])]
    assert {q.kind for q in depth if q.hides_name} == {"depth_in_the_name", "missing_depth"}


def test_numbers_agree_with_the_blueprint():
    """The right answers once more, from the blueprint and not from the kind's own arithmetic."""
    for question in (q for seed in range(40) for q in long_quiz(seed)):
        bp = blueprint(question.network.spec, question.network.image_size)
        expected = {
            "params_of_network": bp.params,
            "macs_of_network": bp.macs,
            "how_many_dashed": len(bp.dashed),
            "depth_in_the_name": bp.spec.depth,
            "how_many_convolutions": sum(op.kind == "conv" for op in bp.ops),
            "how_many_norms": sum(op.kind == "batch_norm" for op in bp.ops),
        }
        if question.kind in expected:
            assert question.right == as_text(expected[question.kind])


def test_a_draft_with_one_wrong_answer_makes_no_question():
    network = Network("resnet18", "ResNet-18", PRESETS["resnet18"].spec, 224)
    draft = Draft("Which?", "a", (("b", "Why."), ("a", "The same."), ("b", "Again.")), "So a", "")
    assert finish(draft, "kind", "shapes", network, Random(0)) is None


@pytest.mark.parametrize("typed", ["69632", "69,632", " 69 632 ", "69_632", "69'632"])
def test_numbers_may_be_typed_with_separators(typed):
    assert read_number(typed) == "69,632"


@pytest.mark.parametrize("typed", ["", "abc", "1.5", "-3", "٣", "1e3", "9" * 16])
def test_other_things_are_refused_with_a_sentence(typed):
    with pytest.raises(ValueError, match="is not a whole number"):
        read_number(typed)


def test_feedback_is_true_of_every_network():
    """What is said of a mistake fits the network: its batch norms, its addition, its stages."""
    asked = [q for seed in range(40) for q in make_quiz(seed, 24, ["parameters", "macs", "depth"])]
    for question in asked:
        bp = blueprint(question.network.spec, question.network.image_size)
        said = " ".join(question.mistakes.values())
        if "The addition is not counted" in said:
            assert bp.spec.shortcut != "none"
        if "as if they were a block" in said:
            assert bp.spec.block == "basic"
        if "of the batch norm after it" in said:
            path = re.search(r"`([\w.]+)`", question.text)[1]
            after = {op.kind for op in bp.ops if path in op.inputs}
            assert after == {"batch_norm"}, (question.network.title, path)


def test_the_image_is_no_wrong_receptive_field():
    asked = [q for seed in range(30) for q in make_quiz(seed, 6, ["receptive_field"])]
    for question in (q for q in asked if q.kind == "receptive_field"):
        assert "border ignored" in question.text
        assert not any("the image" in why for why in question.mistakes.values())


def test_numbers_to_type_are_short():
    asked = [q for seed in range(40) for q in long_quiz(seed)]
    assert all(len(q.right.replace(",", "")) <= 4 for q in asked if q.typed)


def test_questions_in_words_leave_the_others_as_they_are():
    """A seed that was shared before there were such questions goes on to ask the same."""
    others = [theme for theme in THEMES if theme != "concepts"]
    mixed = [(q.kind, q.right) for q in make_quiz("class", 20) if q.theme != "concepts"]
    assert mixed == [(q.kind, q.right) for q in make_quiz("class", len(mixed), others)]


def test_what_is_asked_in_words_follows_from_the_network():
    for question in (q for seed in range(40) for q in make_quiz(seed, 16, ["concepts"])):
        spec = question.network.spec
        answer = question.right.partition("_")[2]
        if question.kind == "order_of_layers":
            assert answer == spec.activation_order
        if question.kind == "silent_branch":
            expected = "x" if spec.activation_order == "pre" else "relu"
            assert answer == ("zero" if spec.shortcut == "none" else expected)
        if question.kind == "what_is_learned" and spec.shortcut == "none":
            assert answer == "none"


def test_no_shortcut_that_starts_behind_batch_norm_and_relu_is_said_to_carry_x():
    """The first block of pre-activation networks adds relu(bn(x)): silent, it writes no x."""
    entry = PRESETS["preact_resnet110"]
    network = Network(entry.name, entry.title, entry.spec, entry.image_size)
    first = blueprint(entry.spec, entry.image_size).blocks[0]
    x = torch.randn(1, *first.in_shape, generator=torch.Generator().manual_seed(0))
    block = build(entry.spec, seed=0).eval().get_submodule(first.path)
    torch.nn.init.zeros_(block.get_parameter("conv2.weight"))
    with torch.no_grad():
        assert torch.equal(block(x), functional.relu(block.get_submodule("bn1")(x)))
    asked = [q for seed in range(60) for q in make_quiz(seed, 8, ["concepts"], [network])]
    kinds = {"silent_branch", "what_is_learned"}
    texts = [question.text for question in asked if question.kind in kinds]
    assert len(texts) > 60
    assert not [text for text in texts if re.search(rf"\b{first.title}\b", text)]


def test_every_named_network_is_asked_about_where_one_wants_it():
    asked = {q.network.name for seed in range(20) for q in make_quiz(seed, 20, (), every_network())}
    assert {"seresnet50", "resnet50d", "resnet20_both", "wrn_28_10", "resnet18"} <= asked
    usual = {q.network.name for seed in range(20) for q in long_quiz(seed)}
    assert not usual & {"seresnet50", "resnet50d", "resnet20_both", "wrn_28_10"}
