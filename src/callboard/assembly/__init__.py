"""Knows everybody and binds them: rooms in, a running server out.

switches --tell--> table --watch--> ledger, journal
                     ^
dialects, api --> desk (operations) --send--> switches
"""

from callboard.assembly.demo import DemoOptions, demo
from callboard.assembly.serving import FirstLogin, Running, serve

__all__ = ["DemoOptions", "FirstLogin", "Running", "demo", "serve"]
