"""Requests and replies as values; the server that carries them."""
