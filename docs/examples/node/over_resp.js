// Identifies code values with node-redis, over RESP on a Unix socket.
// Reads lines of an openId, a space and a code value; prints a decision for each.
"use strict";

const readline = require("node:readline");
const { createClient, ErrorReply } = require("redis");

const TIMEOUT_MS = 2000; // for a command with its retry
const RECONNECT_AFTER_MS = 50;

/** A client with one connection, on which commands are pipelined. */
class Codeid {
  #client;

  constructor(path) {
    this.path = path;
    this.#connect();
  }

  /** Returns the reply. An `ErrorReply` begins with the result code. */
  async identify(codeValue, openId) {
    const command = ["IDENTIFY", codeValue, openId];
    const send = async () => {
      try {
        return await this.#client.sendCommand(command);
      } catch (error) {
        if (error instanceof ErrorReply) throw error;
        // The daemon has closed the connection, to stop or because it was idle. Asking again changes nothing.
        return await this.#client.sendCommand(command);
      }
    };
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => {
        this.#client.destroy();
        this.#connect();
        reject(new Error(`no reply within ${TIMEOUT_MS} ms`));
      }, TIMEOUT_MS);
    });
    return await Promise.race([send(), late]).finally(() => clearTimeout(timer));
  }

  #connect() {
    const socket = { path: this.path, tls: false, reconnectStrategy: RECONNECT_AFTER_MS };
    this.#client = createClient({ RESP: 3, socket });
    // Each command reports its own failure.
    this.#client.on("error", () => {});
    this.#client.connect().catch(() => {});
  }

  close() {
    this.#client.destroy();
  }
}

function decision(reply) {
  if (!reply.isSupported) return "UNSUPPORTED";
  if (reply.postCodeMatchActionType === "DECODE") return `DECODE ${reply.codeValue}`;
  return `OPEN_URL ${reply.redirectUrl}`;
}

async function main() {
  const codeid = new Codeid(process.argv[2]);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const at = line.indexOf(" ");
    try {
      console.log(decision(await codeid.identify(line.slice(at + 1), line.slice(0, at))));
    } catch (error) {
      console.log(error instanceof ErrorReply ? error.message : `failed: ${error}`);
    }
  }
  codeid.close();
}

main();
