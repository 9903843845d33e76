"""New events from old ones: boundary values, small changes, mutants, and what error messages wish for."""
