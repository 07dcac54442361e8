"""The wallboard for a terminal: `callboard top`."""
