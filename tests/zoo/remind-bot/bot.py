#!/usr/bin/env python3
"""Chat reminders. A message is {"user": "ana", "text": "/remind --in 2h30m take the bread out", "sent": "2025-05-01T08:00:00Z"}.

The options are those of our command line tool `remind`. One request a line on stdin, one answer a line on stdout.
"""
import argparse
import json
import re
import shlex
import sys
from datetime import datetime, timedelta, timezone

UNITS = {"d": 1440, "h": 60, "m": 1}  # minutes
TIMES_OF_DAY = {"morning": 8 * 60, "noon": 12 * 60, "teatime": 16 * 60, "evening": 19 * 60}
LONGEST_DELAY = 366 * 1440


class Misunderstood(Exception):
    """What to tell the user."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Misunderstood("use: /remind (--in 2h30m | --at 18:30 | --at evening) [--loud] what to do")


def clip(text):
    return text[:200].encode("utf-8", "replace").decode()


def minutes(text):
    found = re.fullmatch(r"(?:([0-9]{1,3})d)?(?:([0-9]{1,3})h)?(?:([0-9]{1,4})m)?", text)
    total = sum(int(n or 0) * UNITS[u] for n, u in zip(found.groups(), "dhm")) if found else 0
    if not 1 <= total <= LONGEST_DELAY:
        raise argparse.ArgumentTypeError("no delay")
    return total


def time_of_day(text):
    if text.lower() in TIMES_OF_DAY:
        return TIMES_OF_DAY[text.lower()]
    found = re.fullmatch(r"([01]?[0-9]|2[0-3])[:.h]([0-5][0-9])", text, re.ASCII)
    if not found:
        raise argparse.ArgumentTypeError("no time of day")
    return int(found[1]) * 60 + int(found[2])


PARSER = Parser(prog="remind", add_help=False)
PARSER.add_argument("--in", dest="delay", type=minutes)
PARSER.add_argument("--at", type=time_of_day)
PARSER.add_argument("--loud", action="store_true")
PARSER.add_argument("--version", action="version", version="remind 2.3")
PARSER.add_argument("what", nargs="*")


def moment(text):
    """The UTC time when the message was written, to the minute."""
    try:
        sent = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Misunderstood("the message has no time") from None
    if not 2000 <= sent.year <= 2199:
        raise Misunderstood("the message is not of our time")
    sent = sent.astimezone(timezone.utc) if sent.tzinfo else sent.replace(tzinfo=timezone.utc)
    return sent.replace(second=0, microsecond=0)


def remind(message, inserted):
    if not isinstance(message, dict) or not isinstance(message.get("user"), str) or not isinstance(message.get("text"), str):
        raise Misunderstood("a message has user and text")
    try:
        words = shlex.split(message["text"][:2000])
    except ValueError:
        raise Misunderstood("a quote is open") from None
    options = PARSER.parse_args(words[1:] if words[:1] == ["/remind"] else words)
    if (options.delay is None) == (options.at is None) or not options.what:
        raise Misunderstood("say when, with --in or --at, and what")
    sent = moment(message.get("sent", inserted))
    if options.at is None:
        due = sent + timedelta(minutes=options.delay)
    else:
        due = sent.replace(hour=0, minute=0) + timedelta(minutes=options.at)
        due += timedelta(days=due <= sent)
    return {"ok": True, "user": clip(message["user"]), "due": due.isoformat(), "loud": options.loud, "what": clip(" ".join(options.what))}


def parse(text):
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def answer(line):
    request = parse(line)
    if not isinstance(request, dict) or not isinstance(request.get("url"), str):
        return 400, {"ok": False, "hint": "the line is no request"}
    headers = request.get("headers") if isinstance(request.get("headers"), dict) else {}
    try:
        return 200, remind(parse(request.get("body")), headers.get("x-insertion-time"))
    except Misunderstood as hint:  # told to the user; delivering the message again would not help
        return 200, {"ok": False, "hint": str(hint)}
    except Exception as error:
        print(f"error: {error!r}", file=sys.stderr)
        return 500, {"ok": False, "hint": "internal error"}


def main():
    for line in sys.stdin.buffer:
        status, content = answer(line)
        reply = {"status": status, "headers": {"content-type": "application/json"}, "body": json.dumps(content)}
        sys.stdout.buffer.write(json.dumps(reply).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
