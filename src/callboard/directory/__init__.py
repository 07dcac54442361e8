"""Who is who and where numbers lead.

Customers (a tree), accounts, devices, vendors, connections, DIDs, machines, destinations.
"""
