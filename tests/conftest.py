"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# A shared machine stands still for a moment now and then: how long an example took says nothing.
settings.register_profile("fnfuzz", deadline=None)
settings.load_profile("fnfuzz")
