"""What readers who follow the table are shown, change by change."""
