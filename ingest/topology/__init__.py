"""Which trail writes where, what reads it, what starts which function: asked of the accounts, read-only."""
