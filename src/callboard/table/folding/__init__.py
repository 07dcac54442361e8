"""What the switches tell, folded: legs change by events, and a call follows from its legs. Pure functions."""
