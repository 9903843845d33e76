"""Seed corpora of fnfuzz: data only, one folder per trigger, read through ``importlib.resources``."""
