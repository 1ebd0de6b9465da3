"""Identifies code values over HTTP, on TCP or on a Unix socket.

Reads lines of an openId, a space and a code value; prints a decision for each.
"""

import http.client
import json
import queue
import socket
import sys

TIMEOUT_S = 2  # for each read and write of the socket


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("codeid", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Codeid:
    """A client for all threads, with a fixed number of connections that stay open."""

    def __init__(self, address, connections=8):
        """`address` is HOST:PORT, or the path of a Unix socket."""
        kind = UnixConnection if "/" in address else http.client.HTTPConnection
        self._idle = queue.LifoQueue()
        for _ in range(connections):
            self._idle.put(kind(address, timeout=TIMEOUT_S))

    def identify(self, code_value, open_id):
        """Returns the response, whatever its status is: each has a `result`."""
        body = json.dumps({"codeValue": code_value, "openId": open_id})
        connection = self._idle.get(timeout=TIMEOUT_S)
        try:
            try:
                return self._send(connection, body)
            except ConnectionError:
                # The daemon has closed it, to stop or because it was idle. Asking again changes nothing.
                connection.close()
                return self._send(connection, body)
        except BaseException:
            # What was sent may still be answered, so the connection cannot be used again.
            connection.close()
            raise
        finally:
            self._idle.put(connection)

    @staticmethod
    def _send(connection, body):
        connection.request("POST", "/v1/identifyCode", body, {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())


def decision(response):
    result = response["result"]
    if result["resultStatus"] != "S":
        return f"{result['resultCode']} {response['detail']}"
    if not response["isSupported"]:
        return "UNSUPPORTED"
    if response["postCodeMatchActionType"] == "DECODE":
        return f"DECODE {response['codeValue']}"
    return f"OPEN_URL {response['redirectUrl']}"


def main():
    codeid = Codeid(sys.argv[1])
    for line in sys.stdin:
        open_id, code_value = line.rstrip("\n").split(" ", 1)
        try:
            print(decision(codeid.identify(code_value, open_id)), flush=True)
        except (OSError, http.client.HTTPException, ValueError, queue.Empty) as error:
            print(f"failed: {error!r}", flush=True)


main()
