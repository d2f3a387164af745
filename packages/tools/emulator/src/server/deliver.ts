import { Buffer } from "node:buffer";

import type { Exchange } from "./exchange.ts";

/** Response to send. */
export interface Outgoing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body, or the events of a stream. */
  readonly body: string | Buffer | readonly string[];
}

/** Sends the answer; a stream's events are spread evenly up to the exchange's age `untilMs`. */
export async function send(exchange: Exchange, outgoing: Outgoing, untilMs: number): Promise<void> {
  if (!isStream(outgoing.body)) {
    begin(exchange, outgoing, Buffer.byteLength(outgoing.body));
    exchange.end(outgoing.body);
    return;
  }
  begin(exchange, outgoing, undefined);
  await sendPieces(exchange, outgoing.body, untilMs - exchange.ageMs);
}

/** Sends the body in many small pieces over `takesMs`. */
export async function sendSlowly(exchange: Exchange, outgoing: Outgoing, takesMs: number): Promise<void> {
  const bytes = asBytes(outgoing);
  begin(exchange, outgoing, isStream(outgoing.body) ? undefined : bytes.length);
  const count = Math.min(SLOW_PIECES, bytes.length);
  const edge = (piece: number): number => Math.floor((bytes.length * piece) / count);
  const pieces = Array.from({ length: count }, (_, piece) => bytes.subarray(edge(piece), edge(piece + 1)));
  await sendPieces(exchange, pieces, takesMs);
}

const SLOW_PIECES = 20;

/** Sends the first piece now and the last one after `takesMs`. */
async function sendPieces(exchange: Exchange, pieces: readonly (string | Buffer)[], takesMs: number): Promise<void> {
  const beganMs = exchange.ageMs;
  const last = pieces.length - 1;
  for (const [index, piece] of pieces.entries()) {
    await exchange.untilAge(beganMs + (takesMs * index) / Math.max(1, last));
    if (exchange.isOver) return;
    if (index === last) exchange.end(piece);
    else if (!exchange.response.write(piece)) await drained(exchange);
  }
}

/** Sends about half of the body, then closes the connection. */
export async function sendCut(exchange: Exchange, outgoing: Outgoing): Promise<void> {
  const bytes = asBytes(outgoing);
  begin(exchange, outgoing, isStream(outgoing.body) ? undefined : bytes.length);
  await new Promise<void>((resolve) => {
    exchange.response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => resolve());
  });
  exchange.settle();
  // An orderly end, so that the half that was sent arrives.
  exchange.request.socket.destroySoon();
}

/** Resets the connection instead of an answer. */
export function reset(exchange: Exchange): void {
  exchange.settle();
  exchange.request.socket.resetAndDestroy();
}

function begin(exchange: Exchange, { status, headers, body }: Outgoing, length: number | undefined): void {
  exchange.session.recorder.status(status);
  exchange.response.writeHead(status, {
    "content-type": isStream(body) ? "text/event-stream; charset=utf-8" : "application/json",
    ...headers,
    ...(length === undefined ? {} : { "content-length": String(length) }),
  });
}

/** Resolves once the client has read what was written, or has disconnected. */
function drained({ response }: Exchange): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}

function isStream(body: Outgoing["body"]): body is readonly string[] {
  return typeof body !== "string" && !Buffer.isBuffer(body);
}

function asBytes({ body }: Outgoing): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : body.join(""));
}
