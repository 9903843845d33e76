"""An ordinary Flask handler: one route, JSON in, JSON out."""

import os

from flask import Flask, jsonify, request
from werkzeug.serving import WSGIRequestHandler

app = Flask(__name__)
app.logger.disabled = True
WSGIRequestHandler.protocol_version = "HTTP/1.1"


class Quiet(WSGIRequestHandler):
    def log_request(self, *args):
        pass


@app.route("/api/hello", methods=["GET", "POST"])
def hello():
    body = request.get_json(silent=True)
    name = body.get("name") if isinstance(body, dict) else request.args.get("name")
    return jsonify(greeting=f"Hello, {name or 'you'}")


@app.errorhandler(RecursionError)
def too_deep(error):
    return jsonify(error="nested too deeply"), 400


app.run("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"]), request_handler=Quiet)
