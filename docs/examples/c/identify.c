// Identifies code values with hiredis, over RESP on a Unix socket.
// Reads lines of an openId, a space and a code value; prints a decision for each.
#include <errno.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

static const struct timeval TIMEOUT = {.tv_sec = 2};  // for the connect, and for each read and write

// A client for one thread. The connection is opened when it is needed.
struct codeid {
    const char *path;
    redisContext *connection;
    char error[256];
};

static void disconnect(struct codeid *codeid) {
    if (codeid->connection) redisFree(codeid->connection);
    codeid->connection = NULL;
}

// Returns 0 if the connection is open.
static int connect_once(struct codeid *codeid) {
    if (codeid->connection) return 0;
    codeid->connection = redisConnectUnixWithTimeout(codeid->path, TIMEOUT);
    if (codeid->connection && !codeid->connection->err && redisSetTimeout(codeid->connection, TIMEOUT) == REDIS_OK) return 0;
    const char *reason = codeid->connection ? codeid->connection->errstr : "out of memory";
    snprintf(codeid->error, sizeof codeid->error, "%s", reason);
    disconnect(codeid);
    return -1;
}

// Returns the reply, which freeReplyObject releases. Without one, it returns NULL, and `error` says why.
static redisReply *identify(struct codeid *codeid, const char *code_value, const char *open_id) {
    for (int is_retry = 0; is_retry <= 1; is_retry++) {
        if (connect_once(codeid)) return NULL;
        errno = 0;
        redisReply *reply = redisCommand(codeid->connection, "IDENTIFY %s %s", code_value, open_id);
        if (reply) return reply;
        int is_late = codeid->connection->err == REDIS_ERR_IO && errno == EAGAIN;
        snprintf(codeid->error, sizeof codeid->error, "%s", is_late ? "no reply in time" : codeid->connection->errstr);
        disconnect(codeid);
        if (is_late) return NULL;
        // The daemon has closed the connection, to stop or because it was idle. Asking again changes nothing.
    }
    return NULL;
}

// Returns the value of a field of the reply, a flat array of names and values; NULL if there is none.
static const redisReply *field(const redisReply *reply, const char *name) {
    for (size_t at = 0; at + 1 < reply->elements; at += 2)
        if (!strcmp(reply->element[at]->str, name)) return reply->element[at + 1];
    return NULL;
}

static void print_decision(const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ARRAY) {
        printf("%s\n", reply->str ? reply->str : "unexpected reply");  // an error begins with the result code
        return;
    }
    const redisReply *is_supported = field(reply, "isSupported");
    const redisReply *code_value = field(reply, "codeValue");
    const redisReply *redirect_url = field(reply, "redirectUrl");
    if (!is_supported || !is_supported->integer)
        puts("UNSUPPORTED");
    else if (code_value)
        printf("DECODE %s\n", code_value->str);
    else
        printf("OPEN_URL %s\n", redirect_url ? redirect_url->str : "");
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    signal(SIGPIPE, SIG_IGN);  // otherwise a write to a closed connection ends the process
    struct codeid codeid = {.path = arguments[1]};
    static char line[16384];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        char *space = strchr(line, ' ');
        if (!space) continue;
        *space = 0;
        redisReply *reply = identify(&codeid, space + 1, line);
        if (reply)
            print_decision(reply);
        else
            printf("failed: %s\n", codeid.error);
        fflush(stdout);
        freeReplyObject(reply);
    }
    disconnect(&codeid);
    return 0;
}
