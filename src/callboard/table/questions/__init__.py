"""What can be asked of the table: which calls, in which order, how many; short questions look at few calls."""
