"""The engine: it runs turns, and only wakes; the truth lies in the ledger."""
