#!/usr/bin/env python3
"""Writes the confirmation mail for an order message of the topic."""

import json

from runtime import Rejected, log, serve

GREETING = "Dear customer,"
FOOTER = "Your shop"
LONGEST = 400
paragraphs = []


def notification(event):
    try:
        value = json.loads(event)
    except (ValueError, RecursionError):
        raise Rejected("the notification is not JSON") from None
    if not isinstance(value, dict) or not isinstance(value.get("Message"), str):
        raise Rejected("the notification has no message")
    return value["Message"]


def shorten(text):
    words = " ".join(text.split())
    return words if len(words) <= LONGEST else words[: LONGEST - 3] + "..."


def compose(text):
    paragraphs.append(f"we have received your order: {shorten(text)}")
    paragraphs.append("It leaves our house within two days.")
    return "\n\n".join([GREETING, *paragraphs[-6:], FOOTER])


def invoke(event):
    text = notification(event)
    if not text.strip():
        raise Rejected("the message is empty")
    mail = compose(text)
    log(f"[INFO] confirmation of {len(mail)} characters")
    return {"subject": "Your order", "text": mail}


serve(invoke)
