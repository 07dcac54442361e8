"""Who may see and do what: credentials, principals, roles, rights, tokens, allowed addresses."""
