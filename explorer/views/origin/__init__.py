"""Where a number comes from, drawn: each kind of sum, one line of arithmetic, and the places.

Whatever leads one op further back can be chosen; its path is the value's place.
"""
