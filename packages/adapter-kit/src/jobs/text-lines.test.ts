import { expect, test } from "vitest";
import { textLines } from "./text-lines.ts";

/** A body that arrives in these pieces. */
function arriving(pieces: readonly Uint8Array<ArrayBuffer>[], onCancel: () => void = () => undefined): Response {
  const left = [...pieces];
  return new Response(
    new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        const next = left.shift();
        if (next === undefined) controller.close();
        else controller.enqueue(next);
      },
      cancel: onCancel,
    }),
  );
}

test.for([1, 2, 3, 7, 1000])("lines are whole wherever the pieces of %i bytes end", async (size) => {
  const text = 'one\n{"two":"ü 🙂"}\n\nthree and the last';
  const bytes = new TextEncoder().encode(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.slice(at * size, (at + 1) * size),
  );
  expect(await collected(textLines(arriving(pieces)))).toEqual(text.split("\n"));
});

test("a newline at the end begins no further line; nothing has no line", async () => {
  const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
  expect(await collected(textLines(arriving([encode("a\nb\n")])))).toEqual(["a", "b"]);
  expect(await collected(textLines(arriving([])))).toEqual([]);
  expect(await collected(textLines(new Response(null)))).toEqual([]);
});

test("whoever leaves early lets the connection go, and the rest is not read", async () => {
  let canceled = false;
  const pieces = Array.from({ length: 100 }, () => new TextEncoder().encode("line\n"));
  for await (const line of textLines(arriving(pieces, () => (canceled = true)))) {
    expect(line).toBe("line");
    break;
  }
  expect(canceled).toBe(true);
});

test("a body that breaks off throws what reading threw", async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) });
  await expect(collected(textLines(new Response(broken)))).rejects.toThrow("reset");
});

/** Everything that comes. */
async function collected<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of source) all.push(each);
  return all;
}
