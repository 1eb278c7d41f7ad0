"""Frozen views built from the engine's state, on demand and only when versions moved."""
