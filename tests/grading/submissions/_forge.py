# No submission: it is pasted above the cells of those that say `With: forge`. It answers requests itself.
import json as _json
import socket as _socket
import struct as _struct
import sys as _sys

_channel = _socket.socket(fileno=3)


def nonce_of_the_request():
    frame = _sys._getframe()
    while frame is not None:
        message = frame.f_locals.get("message")
        if isinstance(message, dict) and "nonce" in message:
            return message["nonce"]
        frame = frame.f_back
    return "none"


def forge(value, body=b"", sizes=None, **fields):
    message = {"nonce": nonce_of_the_request(), "value": value, "call": 1, **fields}
    message["sizes"] = [len(body)] if sizes is None and body else sizes or []
    header = _json.dumps(message).encode()
    _channel.setblocking(True)
    _channel.sendall(_struct.pack(">IQ", len(header), len(body)) + header + body)


def begin(names):
    forge(["t", [["d", [[name, ["h", "function", 0, name]] for name in names]], None]])
