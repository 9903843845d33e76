"""The smallest case that still fails, and what matters in it."""
