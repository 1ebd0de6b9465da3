<?php
// Identifies code values with php-redis, over RESP on a Unix socket.
// Reads lines of an openId, a space and a code value; prints a decision for each.

declare(strict_types=1);

const TIMEOUT_S = 2.0; // for the connect, and for each read

/** A client whose connection stays open from one request of PHP-FPM to the next. */
final class Codeid
{
    private Redis $redis;

    public function __construct(private string $path)
    {
        $this->redis = new Redis();
    }

    /** Returns the response that HTTP would return. */
    public function identify(string $codeValue, string $openId): array
    {
        try {
            $response = $this->send($codeValue, $openId);
        } catch (RedisException $error) {
            if (str_contains($error->getMessage(), 'read error on connection')) {
                throw $error; // the time is used up
            }
            // The daemon has closed the connection, to stop or because it was idle. Asking again changes nothing.
            $response = $this->send($codeValue, $openId);
        }
        return json_decode($response, true, 8, JSON_THROW_ON_ERROR);
    }

    private function send(string $codeValue, string $openId): string
    {
        $this->redis->pconnect($this->path, 0, TIMEOUT_S, null, 0, TIMEOUT_S);
        $this->redis->setOption(Redis::OPT_MAX_RETRIES, 0);
        $this->redis->setOption(Redis::OPT_READ_TIMEOUT, TIMEOUT_S);
        $reply = $this->redis->rawCommand('IDENTIFY', $codeValue, $openId, 'AS', 'JSON');
        return is_string($reply) ? $reply : throw new RedisException((string) $this->redis->getLastError());
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
    } catch (RedisException | JsonException $error) {
        echo "failed: {$error->getMessage()}\n";
    }
}
