"""What Alembic runs for a migration: the revisions, on the connection and in the transaction that it is given.

A new revision is a new file in `versions`, named and numbered after the last one; `schema.HEAD` becomes its number.
"""

from alembic import context

from callboard.storage.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
