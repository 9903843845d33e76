#!/usr/bin/env python3
"""Echo: reads one JSON request a line from stdin, writes one JSON answer a line to stdout."""

import json
import sys


def handle(request):
    return {
        "method": request["method"],
        "url": request["url"],
        "headers": request["headers"],
        "query": request["query"],
        "body": request["body"],
    }


def main():
    for line in sys.stdin:
        try:
            request = json.loads(line)
            response = {"status": 200, "body": json.dumps(handle(request))}
        except Exception as error:
            response = {"status": 500, "body": str(error)}
        print(json.dumps(response), flush=True)


if __name__ == "__main__":
    main()
