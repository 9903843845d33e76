#!/usr/bin/env python3
"""Signs up for the newsletter: POST /signups {"email": "ada@shop.example", "lists": ["news"]}"""

import re

from web import Problem, json_object, log, serve

EMAIL = re.compile(r"([a-zA-Z0-9]+[._+-]?)+@([a-z0-9-]+\.)+[a-z]{2,}")
LISTS = ("news", "offers", "jobs")
LONGEST = 254


def address(value):
    email = value.get("email")
    if not isinstance(email, str) or len(email) > LONGEST:
        raise Problem(422, "email is missing")
    email = email.strip()
    if not EMAIL.fullmatch(email):
        raise Problem(422, "email is no address")
    local, _, domain = email.rpartition("@")
    return f"{local}@{domain.lower()}"


def lists(value):
    wanted = value.get("lists", ["news"])
    if not isinstance(wanted, list):
        raise Problem(422, "lists is a list")
    return [name for name in LISTS if name in wanted]


def sign_up(request):
    value = json_object(request.body)
    email = address(value)
    chosen = lists(value)
    log(f"[INFO] signed up for {len(chosen)} lists")
    return 201, {"email": email, "lists": chosen}


serve(("GET", r"/", lambda request: (200, {"lists": LISTS})), ("POST", r"/signups/?", sign_up))
