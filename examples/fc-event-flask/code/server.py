#!/usr/bin/env python3
"""Event handler of a custom runtime: prints the event and answers with it."""

from flask import Flask, request

REQUEST_ID_HEADER = "x-fc-request-id"

app = Flask(__name__)


@app.route("/invoke", methods=["POST"])
def event_invoke():
    rid = request.headers.get(REQUEST_ID_HEADER)
    print("FC Invoke Start RequestId: " + rid)

    data = request.stream.read()
    print(str(data))

    print("FC Invoke End RequestId: " + rid)
    return "Hello, " + str(data), 200, [()]


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=9000)
