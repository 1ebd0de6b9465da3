"""Identifies code values with redis-py, over RESP on a Unix socket.

Reads lines of an openId, a space and a code value; prints a decision for each.
"""

import sys

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT_S = 2

# A client for all threads. A connection that the daemon has closed is replaced, and the command sent once more; after a
# time-out it is not, since the time is used up.
codeid = redis.Redis(
    connection_pool=redis.BlockingConnectionPool(
        connection_class=redis.UnixDomainSocketConnection,
        path=sys.argv[1],
        max_connections=8,
        timeout=TIMEOUT_S,
        socket_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        protocol=3,
        decode_responses=True,
    )
)


def decision(reply):
    if not reply["isSupported"]:
        return "UNSUPPORTED"
    if reply["postCodeMatchActionType"] == "DECODE":
        return f"DECODE {reply['codeValue']}"
    return f"OPEN_URL {reply['redirectUrl']}"


for line in sys.stdin:
    open_id, code_value = line.rstrip("\n").split(" ", 1)
    try:
        print(decision(codeid.execute_command("IDENTIFY", code_value, open_id)), flush=True)
    except redis.ResponseError as error:
        # It begins with the result code.
        print(error, flush=True)
    except redis.RedisError as error:
        print(f"failed: {error!r}", flush=True)
