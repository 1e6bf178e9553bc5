"""What one learns with: the lesson, questions, the quiz and myths, filled in by computation.

The texts themselves are in explorer.words.
"""
