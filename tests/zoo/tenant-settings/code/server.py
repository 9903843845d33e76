#!/usr/bin/env python3
"""Settings by tenant: GET /settings/<section> with the header X-Tenant"""

import json

from web import Problem, log, serve

DEFAULTS = {"brand": {"colour": "grey", "logo": "plain.svg"}, "limits": {"users": 5}, "locale": {"language": "en"}}
TENANTS = {
    "acme": {"brand": {"colour": "red"}, "limits": {"users": 500}},
    "globex": {"brand": {"logo": "globe.svg"}, "locale": {"language": "de"}},
    "initech": {"limits": {"users": 40}},
}
cache = {}


def tenant_of(request):
    tenant = request.headers.get("X-Tenant", "").strip().lower()
    if tenant not in TENANTS:
        raise Problem(403, "no such tenant")
    return tenant


def load(tenant, section):
    return json.dumps({**DEFAULTS[section], **TENANTS[tenant].get(section, {})})


def settings(request):
    tenant, section = tenant_of(request), request.match["section"]
    if section not in DEFAULTS:
        raise Problem(404, "no such section")
    if section not in cache:
        cache[section] = load(tenant, section)
    log(f"[INFO] {tenant} reads {section}")
    return 200, {"section": section, "values": json.loads(cache[section])}


serve(
    ("GET", r"/", lambda request: (200, {"sections": sorted(DEFAULTS)})),
    ("GET", r"/settings/(?P<section>[^/]+)", settings),
)
