/** Head of a stream of bytes, and the whole of it. */
export interface Peeked {
  readonly head: Buffer;
  /** All bytes, the head included. Leaving the loop closes the source. */
  readonly chunks: AsyncGenerator<Buffer, void>;
}

/** Reads the first bytes of a stream, until they are enough or it ends. */
export async function peek(
  source: AsyncIterable<Buffer | string>,
  isEnough: (head: Buffer) => boolean,
): Promise<Peeked> {
  const iterator = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (!isEnough(head)) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = Buffer.concat([head, bytesOf(next.value)]);
  }
  return { head, chunks: all(head, iterator) };
}

/** Chunks without their first bytes, which are within the first chunk. */
export async function* chunksAfter(bytes: number, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let skipped = bytes;
  for await (const chunk of chunks) {
    yield chunk.subarray(skipped);
    skipped = 0;
  }
}

async function* all(head: Buffer, iterator: AsyncIterator<Buffer | string>): AsyncGenerator<Buffer, void> {
  try {
    if (head.length > 0) yield head;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield bytesOf(next.value);
  } finally {
    await iterator.return?.();
  }
}

function bytesOf(chunk: Buffer | string): Buffer {
  return typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}
