"""What outlives a restart: the database, its schema and migrations, and the rows of directory and logins in it."""
