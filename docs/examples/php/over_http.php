<?php
// Identifies code values over HTTP, on TCP or on a Unix socket.
// Reads lines of an openId, a space and a code value; prints a decision for each.

declare(strict_types=1);

const TIMEOUT_MS = 2000; // for the whole request

/** A client that keeps its connection open as long as it exists: make one for each process, not for each request. */
final class Codeid
{
    private CurlHandle $handle;

    /** @param string $address HOST:PORT, or the path of a Unix socket */
    public function __construct(string $address)
    {
        $isPath = str_contains($address, '/');
        $this->handle = curl_init('http://' . ($isPath ? 'codeid' : $address) . '/v1/identifyCode');
        curl_setopt_array($this->handle, [
            CURLOPT_HTTPHEADER => ['Content-Type: application/json', 'Expect:'],
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_TIMEOUT_MS => TIMEOUT_MS,
        ]);
        if ($isPath) {
            curl_setopt($this->handle, CURLOPT_UNIX_SOCKET_PATH, $address);
        }
    }

    /** Returns the response, whatever its status is: each has a `result`. */
    public function identify(string $codeValue, string $openId): array
    {
        $body = json_encode(['codeValue' => $codeValue, 'openId' => $openId], JSON_THROW_ON_ERROR);
        curl_setopt($this->handle, CURLOPT_POSTFIELDS, $body);
        // If the daemon has closed the connection, to stop or because it was idle, curl sends the request again by itself.
        $response = curl_exec($this->handle);
        if ($response === false) {
            throw new RuntimeException(curl_error($this->handle));
        }
        return json_decode($response, true, 8, JSON_THROW_ON_ERROR);
    }
}

function decision(array $response): string
{
    if ($response['result']['resultStatus'] !== 'S') {
        return "{$response['result']['resultCode']} {$response['detail']}";
    }
    if (!$response['isSupported']) {
        return 'UNSUPPORTED';
    }
    return $response['postCodeMatchActionType'] === 'DECODE'
        ? "DECODE {$response['codeValue']}"
        : "OPEN_URL {$response['redirectUrl']}";
}

$codeid = new Codeid($argv[1]);
while (($line = fgets(STDIN)) !== false) {
    [$openId, $codeValue] = explode(' ', rtrim($line, "\n"), 2);
    try {
        echo decision($codeid->identify($codeValue, $openId)), "\n";
    } catch (RuntimeException | JsonException $error) {
        echo "failed: {$error->getMessage()}\n";
    }
}
