import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";

/** The body of a request; undefined where it is over the limit. What is left of it is read and thrown away then. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Answering before the client has sent everything would break its connection, so it is let finish.
    if (length <= maxBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  return length > maxBytes ? undefined : Buffer.concat(chunks);
}
