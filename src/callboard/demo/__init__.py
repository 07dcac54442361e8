"""A small telephone company to try Callboard with: its directory, its phones, its calls."""
