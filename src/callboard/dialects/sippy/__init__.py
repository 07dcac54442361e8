"""Sippy Softswitch XML-RPC API, "Manage Active Calls", served word for word."""
