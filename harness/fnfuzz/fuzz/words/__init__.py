"""What the source of the handler says: names, literals, comparisons, patterns."""
