"""Kolmisoft MOR API, `active_calls_get`, served word for word.

The vendor's pages: wiki.kolmisoft.com, MOR API active calls get; MOR API; MOR API hash construction; API Configuration.
"""
