"""Where the calls live: rows by number, leg and column, counts and short ways to a few of them, kept with each step."""
