"""What is known of each switch, and what becomes of its calls by its own list, a lost link or a restart, in steps."""
