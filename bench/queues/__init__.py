"""Three ways to wake operations on PostgreSQL, measured in one run: see `docs/decisions/0006-queue.md`."""
