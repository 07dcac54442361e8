"""The resources under /v1, a file each: every route is an operation, asked for and answered in our words."""
