"""What a call is: legs, parties, states, events, commands, causes, refusals. Pure values, no IO, no clock."""
