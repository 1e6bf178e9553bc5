"""The same seed gives the same quiz, told in the same words: three of them, written down once.

A link with a seed is shared with a class; what it opens must not change with the code. Where
a text or a kind of question changes on purpose, write the file anew: python -m
tests.lessons.quiz.test_golden.
"""

from pathlib import Path

from explorer.lessons.quiz import Question, describe, make_quiz

GOLDEN = Path(__file__).with_name("golden.md")
SEEDS, LENGTH = (1, 2, 3), 10


def told(number: int, question: Question) -> list[str]:
    lines = [f"### {number}. {question.kind}", describe(question.network), "", question.text, ""]
    for option in question.options:
        lines.append(f"- {option.text}{f': {option.mistake}' if option.mistake else ' (right)'}")
    if question.typed:
        lines.append(f"- typed: {question.shown(question.right)} (right)")
    offered = {option.id for option in question.options}
    for name, why in question.mistakes.items():
        if name not in offered:
            lines.append(f"- not offered, {question.shown(name)}: {why}")
    return [*lines, "", question.explanation, ""]


def quizzes() -> str:
    lines = ["# The quizzes of three seeds, as they are read", ""]
    for seed in SEEDS:
        lines += [f"## Seed {seed}", ""]
        for number, question in enumerate(make_quiz(seed, LENGTH), start=1):
            lines += told(number, question)
    return "\n".join(lines)


def test_the_quizzes_are_those_of_before():
    assert quizzes() == GOLDEN.read_text(encoding="utf-8")


def test_themes_are_seeded_as_before():
    assert [(q.kind, q.right) for q in make_quiz(14, 4, ["macs", "batch_norm"])] == [
        ("macs_of_block", "231,211,008"),
        ("params_of_all_norms", "137,856"),
        ("how_many_norms", "53"),
        ("macs_of_network", "3,201,339,392"),
    ]


if __name__ == "__main__":
    GOLDEN.write_text(quizzes(), encoding="utf-8")
