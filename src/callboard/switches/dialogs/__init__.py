"""What Kamailio and OpenSIPS have in common: SIP dialogs in numbered states, told and listed by JSON-RPC."""
