import avsc from "avsc";

/** The rows of an Avro container as they arrive. @throws what reading throws, and for what is no such container */
export async function* avroRows(response: Response): AsyncGenerator<object, void, undefined> {
  const decoder = new avsc.streams.BlockDecoder();
  const reader = response.body?.getReader();
  void feed(reader, decoder);
  try {
    for await (const row of decoder) yield plain(row) as object;
  } finally {
    // A loop that is left early lets the connection go.
    await reader?.cancel().catch(() => undefined);
  }
}

type Decoder = InstanceType<typeof avsc.streams.BlockDecoder>;

/** A chunk is taken when the rows of the one before have been. */
async function feed(reader: ReadableStreamDefaultReader<Uint8Array> | undefined, decoder: Decoder): Promise<void> {
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || value === undefined) break;
      await new Promise<void>((resolve, reject) => {
        decoder.write(Buffer.from(value.buffer, value.byteOffset, value.byteLength), (error) =>
          error ? reject(error) : resolve(),
        );
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
