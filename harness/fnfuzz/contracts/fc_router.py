"""Tells a web framework's own `not found` answer from one that a function wrote."""

from __future__ import annotations

import re

__all__ = ["is_router_answer"]

SENTENCE = re.compile(rb"/invoke\b|requested URL was not found|matches the given URI", re.IGNORECASE)
WORDS = frozenset(
    b"400 404 405 a allowed body code detail doctype error errors exist does exists false found h1 head html http "
    b"is lang en message meta method no not null ok page post reason request resource route status statuscode "
    b"success that the this title url utf 8 charset endpoint path such".split()
)
TAG = re.compile(rb"<[^>]*>")
WORD = re.compile(rb"[A-Za-z0-9_]+")
LONGEST = 4096


def is_router_answer(body: bytes) -> bool:
    """Is it empty, does it speak of the path /invoke, or say nothing but `not found` in some wording?"""
    if len(body) > LONGEST:
        return False
    if SENTENCE.search(body):
        return True
    return all(word.lower() in WORDS for word in WORD.findall(TAG.sub(b" ", body)))
