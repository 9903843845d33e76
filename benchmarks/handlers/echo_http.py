"""A minimal keep-alive HTTP handler: reads whole requests, answers with the bytes of the variable ANSWER, no more."""

import os
import socket
import threading

BODY = os.environ["ANSWER"].encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
WHOLE = HEAD + BODY


def incomplete(data):
    """Is a part of the request still to come? Requests are not pipelined."""
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return True
    if b"\r\nTransfer-Encoding: chunked" in head:
        return not chunked_whole(body)
    at = head.find(b"\r\nContent-Length: ")
    return at >= 0 and len(body) < int(head[at + 18 : at + 28].split(b"\r")[0])


def chunked_whole(body):
    at, size = 0, 1
    while size:
        line = body.find(b"\r\n", at)
        if line < 0:
            return False
        size = int(body[at:line], 16)
        at = line + 2 + size + 2
    return len(body) >= at


def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while data := connection.recv(65536):
        while incomplete(data):
            more = connection.recv(65536)
            if not more:
                return
            data += more
        connection.sendall(HEAD if data.startswith(b"HEAD ") else WHOLE)


port = os.environ.get("FUNCTIONS_CUSTOMHANDLER_PORT") or os.environ["FC_SERVER_PORT"]
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", int(port)))
listener.listen()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
