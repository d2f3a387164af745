import type { IncomingMessage } from "node:http";

import { checkBehaviour, checkOptions } from "./check-options.ts";
import { systemClock } from "./clock.ts";
import { type Behaviour, type EmulatorOptions, withDefaults } from "./options.ts";
import { control } from "./server/control.ts";
import { send } from "./server/deliver.ts";
import { Exchange } from "./server/exchange.ts";
import { serve } from "./server/serve.ts";
import { HttpServer } from "./server/http-server.ts";
import type { EmulatorStats } from "./stats.ts";
import { World } from "./world.ts";

/** A running emulator. */
export interface Emulator extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  /** What an OpenAI client takes as `baseURL`: `url` + "/v1". */
  readonly openaiBaseURL: string;
  /** What a Cohere client takes as `baseUrl`: `url`. */
  readonly cohereBaseURL: string;
  /** What has happened since the start or the last `reset`. */
  stats(): EmulatorStats;
  /**
   * Begins anew: full limits, counts at 0, requests numbered from 1. Requests in progress end as they would have.
   *
   * @param behaviour replaces options of the same name; what is left out stays
   * @throws TypeError or RangeError for an option that cannot be used
   */
  reset(behaviour?: Behaviour): void;
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
}

/**
 * Starts a server that behaves like OpenAI's and Cohere's.
 *
 * @throws TypeError or RangeError for an option that cannot be used; the error of `listen` where the port is taken
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
  let behaviour: Behaviour = first;
  let world = new World(withDefaults(behaviour), clock);
  const server = new HttpServer((request, response) => {
    const path = pathOf(request);
    if (isControlled && path.startsWith("/__emulator/")) void control(emulator, path, request, response);
    else void handle(new Exchange(request, response, world), path);
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
        ...world.counts(),
        connections: now.opened - before.opened,
        openConnections: now.open,
        bytesReceived: now.received - before.received,
        bytesSent: now.sent - before.sent,
      };
    },
    reset(changes = {}) {
      behaviour = { ...behaviour, ...checkBehaviour(changes) };
      world = new World(withDefaults(behaviour), clock);
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
    // A client that went away while it was served; or a mistake of the emulator's own or of a function in its
    // options, which must not look like one of the faults that were asked for.
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
  // A base URL with a slash at the end makes two of them.
  return path.replace(/\/{2,}/g, "/");
}
