#!/usr/bin/env python3
"""Takes in avatars: PUT /avatars/<user> with the picture as body"""

import hashlib

from web import Problem, Web, log, serve

LARGEST = 64 * 1024
KINDS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"RIFF": "webp"}


class Uploads(Web):
    def read_body(self):
        """Does not let a large upload in at all."""
        if int(self.headers.get("Content-Length") or 0) > LARGEST:
            return None
        return super().read_body()


def kind_of(picture):
    return next((name for magic, name in KINDS.items() if picture.startswith(magic)), None)


def upload(request):
    if request.body is None:
        raise Problem(413, "the picture is too large")
    if not request.body:
        raise Problem(400, "no picture")
    kind = kind_of(request.body)
    if kind is None:
        raise Problem(415, "not a picture")
    digest = hashlib.sha256(request.body).hexdigest()
    log(f"[INFO] {kind} of {len(request.body)} bytes")
    return 201, {"user": request.match["user"], "kind": kind, "version": digest[:12]}


serve(
    ("GET", r"/", lambda request: (200, {"largest": LARGEST})),
    ("PUT", r"/avatars/(?P<user>[^/]{1,64})", upload),
    web=Uploads,
)
