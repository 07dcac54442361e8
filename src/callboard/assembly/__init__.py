"""Knows everybody and binds them: rooms in, a running server out.

switches --tell--> table --watch--> ledger, journal
                     ^
dialects, api --> desk (operations) --send--> switches
"""
