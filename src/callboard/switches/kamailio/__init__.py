"""Kamailio: dialogs by JSON-RPC over HTTP, their events by the evapi module."""
