"""The engine itself: runs in the child process, speaks SIP with the `sippy` package, knows nothing of Callboard but the wire."""
