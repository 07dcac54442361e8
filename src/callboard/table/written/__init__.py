"""The rows of each wire format, written once and kept side by side, with clocks that run."""
