"""Enswitch JSON API, the active calls, served word for word.

The vendor's pages: integrics.com, Enswitch developer guide, "JSON API": introduction, calls/active/list,
calls/active/list/panel, calls/hangup; of version 3.13 with the parameters that later versions up to 4.4 added.
"""
