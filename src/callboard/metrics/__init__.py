"""Counting from outside."""
