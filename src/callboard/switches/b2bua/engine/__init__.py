"""The engine, in a child process of its own.

It speaks SIP with the `sippy` package and knows nothing of Callboard but the wire.
"""
