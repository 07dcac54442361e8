"""Asterisk, by its manager interface (AMI)."""
