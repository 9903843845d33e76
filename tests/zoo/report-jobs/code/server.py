#!/usr/bin/env python3
"""Renders reports: POST /jobs {"report": "sales", "month": "2025-03"}"""

import queue
import re
import threading

from web import Problem, json_object, log, serve

REPORTS = {"sales": ["region", "revenue"], "stock": ["sku", "pieces"], "visits": ["page", "visits"]}


def worker(jobs, results):
    while True:
        report, month = jobs.get()
        results.put(f"{report} {month}: " + ", ".join(REPORTS[report]))


def render(report, month):
    jobs, results = queue.Queue(), queue.Queue()
    threading.Thread(target=worker, args=(jobs, results), daemon=True).start()
    jobs.put((report, month))
    return results.get(timeout=10)


def accept(request):
    value = json_object(request.body)
    report, month = value.get("report", "sales"), value.get("month", "2025-01")
    if not isinstance(report, str) or report not in REPORTS:
        raise Problem(422, "no such report")
    if not isinstance(month, str) or not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", month):
        raise Problem(422, "month is like 2025-03")
    text = render(report, month)
    log(f"[INFO] {report} rendered")
    return 201, {"report": text}


serve(("GET", r"/", lambda request: (200, {"reports": sorted(REPORTS)})), ("POST", r"/jobs/?", accept))
