"""The same listings as most would write them: a dataclass a call, a dict a row, and the library that one takes for it.

Nothing is kept from one listing to the next, no rights are checked and nothing is filtered.
"""
