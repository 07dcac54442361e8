"""How older databases become the present schema: one file a revision in `versions`, oldest first, run by Alembic."""
