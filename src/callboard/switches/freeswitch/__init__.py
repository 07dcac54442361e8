"""FreeSWITCH, followed and steered through its event socket (mod_event_socket, inbound mode)."""
