import avsc from "avsc";

/** The rows of an Avro container as they arrive. @throws what reading throws, and for what is no such container or is cut */
export async function* avroRows(response: Response): AsyncGenerator<object, void, undefined> {
  const decoder = new avsc.streams.BlockDecoder();
  const reader = response.body?.getReader();
  const end = new End(decoder);
  void feed(reader, decoder, end);
  try {
    for await (const row of decoder) yield plain(row) as object;
    // The decoder takes the end of a broken response for the end of all.
    if (!end.isThere) throw new Error("Expected a whole container, got one that is cut. Read it again.");
  } finally {
    // A loop that is left early lets the connection go.
    await reader?.cancel().catch(() => undefined);
  }
}

type Decoder = InstanceType<typeof avsc.streams.BlockDecoder>;

/** End of a container: the marker of its header is behind every block. */
class End {
  #marker: Buffer | undefined;
  #last = Buffer.alloc(0);

  constructor(decoder: Decoder) {
    decoder.on("metadata", (_type: unknown, _codec: unknown, { sync }: { readonly sync: Buffer }) => {
      this.#marker = Buffer.from(sync);
    });
  }

  get isThere(): boolean {
    return this.#marker !== undefined && this.#marker.equals(this.#last);
  }

  passes(chunk: Buffer): void {
    this.#last = Buffer.concat([this.#last, chunk.subarray(-MARKER_BYTES)]).subarray(-MARKER_BYTES);
  }
}

const MARKER_BYTES = 16;

/** A chunk is taken when the rows of the one before have been. */
async function feed(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  decoder: Decoder,
  end: End,
): Promise<void> {
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || value === undefined) break;
      const chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      end.passes(chunk);
      await new Promise<void>((resolve, reject) => {
        decoder.write(chunk, (error) => (error ? reject(error) : resolve()));
      });
    }
    decoder.end();
  } catch (thrown) {
    decoder.destroy(thrown as Error);
  }
}

/** A value without Avro's own classes: those of records, and those around the branches of some unions. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : value.map(plain);
  const { unwrap } = value as { unwrap?: unknown };
  if (typeof unwrap === "function") return plain((value as { unwrap: () => unknown }).unwrap());
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}
