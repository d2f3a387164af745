import type { IncomingMessage, ServerResponse } from "node:http";

import type { Behavior } from "../options.ts";
import type { EmulatorStats } from "../stats.ts";
import { readBody } from "./read-body.ts";

/** Size limit of a body, far more than any options need. */
const MAX_BYTES = 1024 * 1024;

/** Methods of a running emulator that another process can call. */
export interface Controlled {
  stats(): EmulatorStats;
  reset(behavior: Behavior): void;
}

/** `GET /__emulator/stats` and `POST /__emulator/reset` (options as JSON), for other processes. */
export async function control(
  emulator: Controlled,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  try {
    const body = await readBody(request, MAX_BYTES);
    if (path === "/__emulator/stats" && request.method === "GET") reply(200, emulator.stats());
    else if (path === "/__emulator/reset" && request.method === "POST") {
      emulator.reset(body === undefined || body.length === 0 ? {} : (JSON.parse(body.toString()) as Behavior));
      reply(200, {});
    } else reply(404, { error: "Expected GET /__emulator/stats or POST /__emulator/reset, got another request." });
  } catch (error) {
    if (!response.headersSent) reply(400, { error: error instanceof Error ? error.message : String(error) });
  }
}
