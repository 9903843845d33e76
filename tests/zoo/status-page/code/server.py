#!/usr/bin/env python3
"""State of the shop's services as a page: GET /, GET /services/<name>"""

import html

from web import Problem, Web, serve

SERVICES = {"shop": "up", "search": "up", "mail": "slow"}
PAGE = "<!doctype html><title>{title}</title><h1>{title}</h1><ul>{rows}</ul>\n"


class Pages(Web):
    def answer(self, status, content):
        body = content.encode() if isinstance(content, str) else page("Sorry", content).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store" if status >= 400 else "max-age=30")
        self.end_headers()
        self.wfile.write(body)


def page(title, states):
    rows = "".join(f"<li>{html.escape(name)}: {html.escape(state)}</li>" for name, state in states.items())
    return PAGE.format(title=html.escape(title), rows=rows)


def all_services(request):
    return 200, page("Services", SERVICES)


def one_service(request):
    name = request.match["name"].lower()
    if name not in SERVICES:
        raise Problem(404, "no such service")
    return 200, page(name, {name: SERVICES[name]})


serve(("GET", r"/", all_services), ("GET", r"/services/(?P<name>[^/]{1,40})", one_service), web=Pages)
