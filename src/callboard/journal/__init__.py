"""What was: ended calls, who asked what, what came of it."""
