"""Reads a function app from disk: which functions, which bindings, how it is started, which limits hold."""

from __future__ import annotations

from fnfuzz.app.arguments import START_VARIABLES, fill_start_variables
from fnfuzz.app.discover import discover, discover_all
from fnfuzz.app.model import App, AppError, Binding, ContractId, Function, Hook, Platform, Problem

__all__ = [
    "START_VARIABLES",
    "App",
    "AppError",
    "Binding",
    "ContractId",
    "Function",
    "Hook",
    "Platform",
    "Problem",
    "discover",
    "discover_all",
    "fill_start_variables",
]
