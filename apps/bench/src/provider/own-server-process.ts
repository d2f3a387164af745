// Started by server-process.ts: a server of one's own that is reset and read by messages.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { flushCompileCache } from "node:module";
import { text } from "node:stream/consumers";
import type { ProviderError } from "@batchwise/core";
import type { Server } from "../../../../packages/core/test/latency/server.ts";
import { makeOwnServer } from "./own-server.ts";
import { seededRandom } from "./random.ts";
import type { ServerCounts } from "./server-process.ts";
import { tokensOf } from "./texts.ts";
import type { OwnBehavior } from "./workload.ts";

/** Body of a request for vectors. */
interface EmbeddingsRequest {
  readonly input: readonly string[];
  readonly dimensions: number;
  readonly encoding_format?: "float" | "base64";
}

const AT_ONCE: Server = {
  send(_texts, done) {
    done({});
    return () => undefined;
  },
};

let server = AT_ONCE;
let startedAt = performance.now();
let cpuAtStart = process.cpuUsage();
let inFlight = 0;
let counts = noCounts();

const http = createServer((request, response) => void answer(request, response));
http.listen(0, "127.0.0.1");
await once(http, "listening");
process.on("message", (message: { readonly reset?: OwnBehavior }) => process.send?.(take(message)));
// The parent may be killed.
process.on("disconnect", () => process.exit());
flushCompileCache();
process.send?.(`http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`);

function take({ reset }: { readonly reset?: OwnBehavior }): ServerCounts | string {
  if (reset === undefined) {
    const { user, system } = process.cpuUsage(cpuAtStart);
    return { ...counts, cpuMs: (user + system) / 1000, elapsedMs: performance.now() - startedAt };
  }
  server = reset.own === undefined ? AT_ONCE : makeOwnServer(reset.own, reset.seed ?? 1);
  startedAt = performance.now();
  cpuAtStart = process.cpuUsage();
  counts = noCounts();
  return "reset";
}

function noCounts() {
  return {
    requests: 0,
    rateLimited: 0,
    inputsAnswered: 0,
    tokensAdmitted: 0,
    tokensWasted: 0,
    peakInFlight: 0,
    answered: [] as (readonly [number, number])[],
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { input, dimensions, encoding_format: encoding } = JSON.parse(await text(request)) as EmbeddingsRequest;
  const own = counts;
  own.requests++;
  own.peakInFlight = Math.max(own.peakInFlight, ++inFlight);
  const lengths = input.map(tokensOf);
  const tokens = lengths.reduce((sum, each) => sum + each, 0);
  const texts = lengths.map((length) => ({ tokens: length, bytes: length, isBad: false }));
  const hangUp = server.send(texts, ({ error }) => {
    if (error !== undefined) {
      const { status = 500, message } = error as ProviderError;
      write(response, status, { error: { message, type: "invalid_request_error", param: null, code: null } });
      return;
    }
    own.inputsAnswered += input.length;
    own.tokensAdmitted += tokens;
    own.answered.push([performance.now() - startedAt, tokens]);
    const data = input.map((each, index) => ({
      object: "embedding",
      index,
      embedding: encoded(vectorOf(each, dimensions), encoding),
    }));
    write(response, 200, {
      object: "list",
      data,
      model: "own",
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    });
  });
  response.on("close", () => {
    inFlight--;
    if (!response.writableFinished) hangUp();
  });
}

function write(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Vector that only this text has. */
function vectorOf(input: string, dimensions: number): Float32Array {
  let hash = 0;
  for (let place = 0; place < input.length; place++) hash = (Math.imul(hash, 31) + input.charCodeAt(place)) | 0;
  const random = seededRandom(hash);
  return Float32Array.from({ length: dimensions }, () => random() - 0.5);
}

function encoded(vector: Float32Array, encoding: EmbeddingsRequest["encoding_format"]): string | number[] {
  return encoding === "base64" ? Buffer.from(vector.buffer).toString("base64") : [...vector];
}
