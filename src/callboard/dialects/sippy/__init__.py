"""Sippy Softswitch XML-RPC API, "Manage Active Calls", served word for word.

The vendor's page: support.sippysoft.com, article 107462 (transport: 106909, data types: 3000073101), as of version 2024
with the members and parameters that later versions added.
"""
