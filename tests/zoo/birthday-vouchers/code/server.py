#!/usr/bin/env python3
"""Says when the birthday voucher of a customer is due this year: {"customer": "...", "born": "1990-05-17"}"""

import json
from datetime import UTC, date, datetime, timedelta

from runtime import Rejected, log, serve

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AMOUNTS = ((60, 20), (30, 15), (18, 10))


def parsed(text, what):
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Rejected(f"{what} is not JSON") from None
    if not isinstance(value, dict):
        raise Rejected(f"{what} is no object")
    return value


def published(notification):
    try:
        return (EPOCH + timedelta(milliseconds=notification["PublishTime"])).date()
    except (KeyError, TypeError, OverflowError):
        raise Rejected("PublishTime is missing") from None


def birthday(customer, today):
    try:
        born = date.fromisoformat(customer.get("born"))
    except (TypeError, ValueError):
        raise Rejected("born is no date") from None
    if born > today:
        raise Rejected("born is in the future")
    return born


def voucher(born, today):
    due = born.replace(year=today.year)
    age = due.year - born.year
    amount = next((euros for years, euros in AMOUNTS if age >= years), 5)
    return {"due": due.isoformat(), "past": due < today, "amount": amount}


def invoke(event):
    notification = parsed(event, "the event")
    if not isinstance(notification.get("Message"), str):
        raise Rejected("the notification has no message")
    customer = parsed(notification["Message"], "the message")
    if not isinstance(customer.get("customer"), str):
        raise Rejected("customer is missing")
    today = published(notification)
    result = voucher(birthday(customer, today), today)
    log(f"[INFO] voucher due {result['due']}")
    return {"customer": customer["customer"], **result}


def initialize():
    return {"ready": True}


serve(invoke, initialize)
