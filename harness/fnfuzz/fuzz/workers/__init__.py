"""Boundaries and exploration on several instances: slices, the program that does them, the pool of such programs."""
