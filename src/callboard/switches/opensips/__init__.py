"""OpenSIPS: dialogs by its management interface (JSON-RPC over HTTP), their events by datagrams."""
