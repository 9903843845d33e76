"""fnfuzz plays the serverless host: it replays and fuzzes trigger events against a handler in any language."""

__version__ = "0.1.0"
