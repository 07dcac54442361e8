"""Benchmarks: what the machine does, measured through real sockets."""
