"""Every room's settings in one document."""
