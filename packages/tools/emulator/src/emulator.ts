import type { IncomingMessage } from "node:http";

import { checkBehavior, checkOptions } from "./check-options.ts";
import { systemClock } from "./clock.ts";
import type { Behavior, EmulatorOptions } from "./options.ts";
import { control } from "./server/control.ts";
import { send } from "./server/deliver.ts";
import { Exchange } from "./server/exchange.ts";
import { serve } from "./server/serve.ts";
import { HttpServer } from "./server/http-server.ts";
import type { EmulatorStats } from "./stats.ts";
import { Session } from "./session.ts";
import { settingsOf } from "./settings-of.ts";

/** A running emulator. */
export interface Emulator extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  /** Value for an OpenAI client's `baseURL`: `url` + "/v1". */
  readonly openaiBaseURL: string;
  /** Value for a Cohere client's `baseUrl`: `url`. */
  readonly cohereBaseURL: string;
  /** Counts since the start or the last `reset`. */
  stats(): EmulatorStats;
  /**
   * Starts over: full limits, counts at 0, requests numbered from 1. Requests in progress keep the old options.
   *
   * @param behavior replaces options of the same name; others stay
   * @throws TypeError or RangeError for an option that cannot be used
   */
  reset(behavior?: Behavior): void;
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
}

/**
 * Starts a server that behaves like OpenAI's and Cohere's.
 *
 * @throws TypeError or RangeError for an option that cannot be used; the error of `listen` when the port is taken
 *
 * @example
 * await using emulator = await startEmulator({ limits: { requestsPerMinute: 3000 }, faults: { serverErrorRate: 0.01 } });
 * const client = new OpenAI({ apiKey: "any", baseURL: emulator.openaiBaseURL });
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const {
    port = 0,
    host = "127.0.0.1",
    control: isControlled = false,
    clock = systemClock,
    ...first
  } = checkOptions(options);
  let behavior: Behavior = first;
  let session = new Session(settingsOf(behavior), clock);
  const server = new HttpServer((request, response) => {
    const path = pathOf(request);
    if (isControlled && path.startsWith("/__emulator/")) void control(emulator, path, request, response);
    else void handle(new Exchange(request, response, session), path);
  });
  let before = server.connections.totals();

  const address = await server.listen(port, host);
  const url = `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
  const emulator: Emulator = {
    url,
    openaiBaseURL: `${url}/v1`,
    cohereBaseURL: url,
    stats() {
      const now = server.connections.totals();
      return {
        ...session.counts(),
        connections: now.opened - before.opened,
        openConnections: now.open,
        bytesReceived: now.received - before.received,
        bytesSent: now.sent - before.sent,
      };
    },
    reset(changes = {}) {
      behavior = { ...behavior, ...checkBehavior(changes) };
      session = new Session(settingsOf(behavior), clock);
      before = server.connections.totals();
    },
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
  return emulator;
}

async function handle(exchange: Exchange, path: string): Promise<void> {
  try {
    await serve(exchange, path);
  } catch (error) {
    // A client that disconnected; or an error of the emulator itself or of a function in its options, which must not
    // look like one of the faults that were asked for.
    if (exchange.isOver || !exchange.request.complete || exchange.response.headersSent) exchange.response.destroy();
    else await failLoudly(exchange, error);
  }
}

async function failLoudly(exchange: Exchange, error: unknown): Promise<void> {
  const message = `@batchwise/emulator failed: ${error instanceof Error ? error.message : String(error)}`;
  process.emitWarning(message);
  await send(exchange, { status: 599, headers: { "content-type": "text/plain" }, body: message }, 0);
}

function pathOf(request: IncomingMessage): string {
  const path = (request.url ?? "/").split("?", 1)[0] as string;
  // A base URL that ends with a slash doubles it.
  return path.replace(/\/{2,}/g, "/");
}
