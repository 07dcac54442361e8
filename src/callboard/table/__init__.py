"""The calls that live now.

Events folded into rows, columns for filters, changes with a revision, reconciliation, numbering.
"""
