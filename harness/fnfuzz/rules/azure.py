"""Rules of Azure Functions custom handlers (azure-functions.md 6), in the order of that section."""

from __future__ import annotations

from fnfuzz.rules.azure_outputs import FORWARD_RULES, HTTP_OUTPUT_RULES, OUTPUT_RULES
from fnfuzz.rules.azure_process import APP_RULES, LOG_RULES, PROCESS_RULES, START_RULES
from fnfuzz.rules.azure_request import REQUEST_RULES
from fnfuzz.rules.azure_response import RESPONSE_RULES
from fnfuzz.rules.model import Rule

__all__ = ["AZURE_RULES"]

AZURE_RULES: tuple[Rule, ...] = (
    *START_RULES,
    *PROCESS_RULES,
    *LOG_RULES,
    *REQUEST_RULES,
    *RESPONSE_RULES,
    *OUTPUT_RULES,
    *HTTP_OUTPUT_RULES,
    *FORWARD_RULES,
    *APP_RULES,
)
