"""Says which digests go out at this firing of the timer: the payload is daily, weekly, or JSON {"kinds": [...]}."""

import json
from datetime import datetime

from runtime import Rejected, log, serve

READERS = {"daily": 412, "weekly": 1290, "monthly": 87}


def firing(event):
    try:
        value = json.loads(event)
    except (ValueError, RecursionError):
        raise Rejected("the event is not JSON") from None
    if not isinstance(value, dict):
        raise Rejected("the event is no firing of a timer")
    try:
        when = datetime.fromisoformat(value.get("triggerTime"))
    except (TypeError, ValueError):
        raise Rejected("triggerTime is missing") from None
    return when, value.get("payload") or ""


def kinds(payload, when):
    """What the payload asks for; without one what the date asks for."""
    if payload in READERS:
        return [payload]
    try:
        wish = json.loads(payload) if isinstance(payload, str) and payload else {}
    except (ValueError, RecursionError):
        wish = {}
    asked = wish.get("kinds") if isinstance(wish, dict) else None
    if isinstance(asked, list):
        return [kind for kind in READERS if kind in asked]
    return ["daily"] + ["weekly"] * (when.weekday() == 0) + ["monthly"] * (when.day == 1)


def invoke(event):
    when, payload = firing(event)
    chosen = kinds(payload, when)
    mails = {kind: READERS[kind] for kind in chosen}
    log(f"[INFO] {sum(mails.values())} mails")
    return {"date": when.date().isoformat(), "mails": mails}


serve(invoke, lambda: {"ready": True})
