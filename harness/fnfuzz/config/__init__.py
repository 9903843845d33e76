"""The configuration: which file holds it, what it says, its schema and its reference."""

from fnfuzz.config.files import find_config, read_config
from fnfuzz.config.model import ConfigError, Configuration, Setting
from fnfuzz.config.reading import checked, from_variables

__all__ = [
    "ConfigError",
    "Configuration",
    "Setting",
    "checked",
    "find_config",
    "from_variables",
    "read_config",
]
