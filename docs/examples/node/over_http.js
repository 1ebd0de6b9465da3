// Identifies code values over HTTP, on TCP or on a Unix socket.
// Reads lines of an openId, a space and a code value; prints a decision for each.
"use strict";

const http = require("node:http");
const readline = require("node:readline");

const TIMEOUT_MS = 2000; // for the whole request

// The error codes of a connection that the daemon has closed, to stop or because it was idle.
const CLOSED = new Set(["ECONNREFUSED", "ECONNRESET", "ENOENT", "EPIPE"]);

/** A client with connections that stay open. */
class Codeid {
  #agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  #target;

  /** `address` is HOST:PORT, or the path of a Unix socket. */
  constructor(address) {
    const [host, port] = address.split(":");
    this.#target = address.includes("/") ? { socketPath: address } : { host, port };
  }

  /** Returns the response, whatever its status is: each has a `result`. */
  async identify(codeValue, openId) {
    const body = JSON.stringify({ codeValue, openId });
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      return await this.#send(body, signal);
    } catch (error) {
      if (!CLOSED.has(error.code)) throw error;
      // Asking again changes nothing.
      return await this.#send(body, signal);
    }
  }

  #send(body, signal) {
    const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    const options = { ...this.#target, agent: this.#agent, method: "POST", path: "/v1/identifyCode", headers, signal };
    return new Promise((resolve, reject) => {
      const request = http.request(options, async (response) => {
        try {
          let text = "";
          for await (const chunk of response.setEncoding("utf8")) text += chunk;
          resolve(JSON.parse(text));
        } catch (error) {
          reject(error);
        }
      });
      request.on("error", reject).end(body);
    });
  }

  close() {
    this.#agent.destroy();
  }
}

function decision(response) {
  if (response.result.resultStatus !== "S") return `${response.result.resultCode} ${response.detail}`;
  if (!response.isSupported) return "UNSUPPORTED";
  if (response.postCodeMatchActionType === "DECODE") return `DECODE ${response.codeValue}`;
  return `OPEN_URL ${response.redirectUrl}`;
}

async function main() {
  const codeid = new Codeid(process.argv[2]);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const at = line.indexOf(" ");
    try {
      console.log(decision(await codeid.identify(line.slice(at + 1), line.slice(0, at))));
    } catch (error) {
      console.log(`failed: ${error.cause ?? error}`);
    }
  }
  codeid.close();
}

main();
