"""Cuts alert texts of the topic (STREAM format) into parts of a short message."""

import json

from runtime import Rejected, log, serve

GSM = set("@$ !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\n\r")
SINGLE = {"gsm": 160, "ucs2": 70}
PART = {"gsm": 153, "ucs2": 67}
MOST_PARTS = 10


def message_text(event):
    """The alert: the event itself, or its body where the publisher gave attributes."""
    text = event.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if "attrs" in value and "body" in value:
        return str(value["body"])
    return text


def alphabet(text):
    return "gsm" if set(text) <= GSM else "ucs2"


def parts(text):
    kind = alphabet(text)
    if len(text) <= SINGLE[kind]:
        return kind, [text]
    size = PART[kind]
    return kind, [text[start : start + size] for start in range(0, len(text), size)]


def invoke(event):
    text = message_text(event).strip()
    if not text:
        raise Rejected("the alert is empty")
    kind, found = parts(text)
    if len(found) > MOST_PARTS:
        found = found[:MOST_PARTS]
    log(f"[INFO] {len(found)} parts as {kind}")
    return {"alphabet": kind, "parts": found}


serve(invoke)
