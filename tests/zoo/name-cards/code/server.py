#!/usr/bin/env python3
"""Texts for name cards: GET /cards?name=Ada&style=formal"""

import json

from web import Problem, Web, log, serve

STYLES = {"formal": "Dr. {name}", "plain": "{name}", "loud": "{name}!"}


class Cards(Web):
    """Answers with readable JSON: names stay as they are."""

    def answer(self, status, content):
        text = json.dumps(content, ensure_ascii=False)
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text.encode("utf-8", "replace"))


def card(request):
    name = " ".join(request.param("name").split())
    if not 0 < len(name) <= 60:
        raise Problem(400, "name is missing or too long")
    style = request.param("style", "plain")
    if style not in STYLES:
        raise Problem(400, "no such style")
    log(f"[INFO] card of {len(name)} letters")
    return 200, {"card": STYLES[style].format(name=name), "style": style}


serve(("GET", r"/", lambda request: (200, {"styles": sorted(STYLES)})), ("GET", r"/cards/?", card), web=Cards)
