import { once } from "node:events";
import avsc, { type Schema } from "avsc";
import { expect, test } from "vitest";
import { avroRows } from "./avro-rows.ts";

/** An Avro container, which arrives in pieces of so many bytes. */
async function container(
  schema: unknown,
  rows: readonly object[],
  size: number = 64,
  codec = "null",
): Promise<Response> {
  const encoder = new avsc.streams.BlockEncoder(schema as Schema, { codec, blockSize: 128 });
  const chunks: Buffer[] = [];
  encoder.on("data", (chunk: Buffer) => chunks.push(chunk));
  for (const row of rows) encoder.write(row);
  encoder.end();
  await once(encoder, "end");
  return arriving(Buffer.concat(chunks), size);
}

function arriving(bytes: Uint8Array, size: number): Response {
  let at = 0;
  return new Response(
    new ReadableStream({
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(at, at + size));
        at += size;
      },
    }),
  );
}

async function collected(response: Response): Promise<object[]> {
  const rows: object[] = [];
  for await (const row of avroRows(response)) rows.push(row);
  return rows;
}

const NESTED = {
  type: "record",
  name: "Row",
  fields: [
    { name: "custom_id", type: "string" },
    {
      name: "body",
      type: [
        "null",
        {
          type: "record",
          name: "Body",
          fields: [{ name: "float", type: { type: "array", items: { type: "array", items: "float" } } }],
        },
      ],
    },
  ],
};
const nested = Array.from({ length: 40 }, (_, index) => ({
  custom_id: String(index),
  body: index % 7 === 0 ? null : { float: [[index, 0.5]] },
}));

test.for([
  [1, "null"],
  [64, "null"],
  [100_000, "null"],
  [64, "deflate"],
] as const)("rows are whole wherever the pieces of %i bytes end (%s)", async ([size, codec]) => {
  expect(await collected(await container(NESTED, nested, size, codec))).toEqual(nested);
});

test("the branches of a union of records are plain objects, too", async () => {
  const record = (name: string, field: string): object => ({
    type: "record",
    name,
    fields: [{ name: field, type: "int" }],
  });
  const schema = {
    type: "record",
    name: "Row",
    fields: [{ name: "body", type: [record("A", "a"), record("B", "b")] }],
  };
  expect(await collected(await container(schema, [{ body: { B: { b: 2 } } }]))).toEqual([{ body: { b: 2 } }]);
});

test("P53 a container that is cut throws behind its last whole row, wherever it is cut", async () => {
  const bytes = Buffer.from(await (await container(NESTED, nested, 100_000)).arrayBuffer());
  const marker = bytes.subarray(-16);
  const counts: number[] = [];
  for (let cut = 0; cut < bytes.length; cut += 7) {
    // Between two blocks it is whole as far as it goes: the batch's counts tell.
    if (bytes.subarray(cut - 16, cut).equals(marker)) continue;
    const rows: object[] = [];
    const read = async (): Promise<void> => {
      for await (const row of avroRows(arriving(bytes.subarray(0, cut), 64))) rows.push(row);
    };
    await expect(read()).rejects.toThrow("got one that is cut");
    expect(rows).toEqual(nested.slice(0, rows.length));
    counts.push(rows.length);
  }
  expect(counts.at(-1)).toBeGreaterThan(30);
});

test("what is no container throws, and so does a body that breaks off", async () => {
  await expect(collected(new Response("<html>no</html>"))).rejects.toThrow("invalid magic bytes");
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) });
  await expect(collected(new Response(broken))).rejects.toThrow("reset");
});

test("whoever leaves early is not kept waiting", async () => {
  for await (const row of avroRows(await container(NESTED, nested))) {
    expect(row).toEqual(nested[0]);
    break;
  }
});
