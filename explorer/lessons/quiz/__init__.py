"""A quiz that is never the same: questions made from blueprints, wrong answers from mistakes."""

from explorer.lessons.quiz.make import THEMES, make_quiz
from explorer.lessons.quiz.networks import describe, every_network, named_networks
from explorer.lessons.quiz.question import Network, Option, Question, Theme, Worded, read_number

__all__ = [
    "THEMES",
    "Network",
    "Option",
    "Question",
    "Theme",
    "Worded",
    "describe",
    "every_network",
    "make_quiz",
    "named_networks",
    "read_number",
]
