import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { jsonLines } from "./json-lines.ts";

const TERN = { provider: "Tern" };
const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** A text in UTF-16. */
function wide(text: string, isHighFirst = false): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(text, "utf16le");
  return Uint8Array.from(isHighFirst ? bytes.swap16() : bytes);
}

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

test.for([1, 2, 3, 7, 1000])(
  "P54 a body in gzip is unpacked, whatever pieces of %i bytes it comes in",
  async (size) => {
    const text = '{"one":1}\n{"two":"ü"}\n';
    for (const bytes of [encode(text), wide(text)]) {
      const packed = Uint8Array.from(gzipSync(bytes));
      const pieces = Array.from({ length: Math.ceil(packed.length / size) }, (_, at) =>
        packed.slice(at * size, (at + 1) * size),
      );
      const lines: unknown[] = [];
      for await (const line of jsonLines(arriving(pieces), TERN)) lines.push(line);
      expect(lines).toEqual([{ one: 1 }, { two: "ü" }]);
      const cut = jsonLines(arriving([packed.slice(0, -9)]), TERN);
      await expect(async () => {
        for await (const line of cut) expect(line).toBeDefined();
      }).rejects.toThrow(TypeError);
    }
  },
);

test("P12 leaving the lines of a body in gzip ends it", async () => {
  let isCanceled = false;
  const packed = Uint8Array.from(gzipSync(encode('{"one":1}\n{"two":2}\n')));
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(packed),
    cancel: () => void (isCanceled = true),
  });
  for await (const line of jsonLines(new Response(body), TERN)) {
    expect(line).toEqual({ one: 1 });
    break;
  }
  expect(isCanceled).toBe(true);
});

test.for([1, 2, 3, 7, 1000])("lines are whole wherever the pieces of %i bytes end", async (size) => {
  const text = '{"one":1}\n{"two":"ü 🙂"}\n\n{"three":"and the last"}';
  for (const bytes of [encode(text), wide(text)]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.slice(at * size, (at + 1) * size),
    );
    expect(await read(arriving(pieces))).toEqual([{ one: 1 }, { two: "ü 🙂" }, { three: "and the last" }]);
  }
});

const a = '{"id":"a"}';
const b = '{"id":"b","text":"}{"}';

test.for<[string, string | Uint8Array<ArrayBuffer>, readonly unknown[]]>([
  ["ends of lines as Windows has them, and empty ones", `${a}\r\n\r\n  \r\n${b}\r\n`, ["a", "b"]],
  ["a mark of the byte order, in the middle too", `\uFEFF${a}\n\uFEFF${b}\n`, ["a", "b"]],
  // huggingface/notebooks#187: no line breaks between the objects of an output.
  ["no newline between two objects", `${a}{"id":"c"}\n${b}`, ["a", "c", "b"]],
  ["a line that is cut", `${a}\n{"id":"c","resp\n${b}`, ["a", undefined, "b"]],
  ["a last line that is cut", `${a}\n${b.slice(0, 9)}`, ["a", undefined]],
  ["numbers that JSON does not have", `{"id":NaN}\n${a}`, [undefined, "a"]],
  ["a line that is cut, and an indented one behind it", `${a}\n{"id":"c","x":{\n  ${b}`, ["a", undefined, "b"]],
  ["a text, a number, an empty list", `${a}\n"x"\n7\n[]\n${b}`, ["a", undefined, undefined, "b"]],
  // BerriAI/litellm#14452: a gateway that writes one list in place of lines.
  ["one list", `[${a}, ${b}]`, ["a", "b"]],
  ["one list, a line each", `[\n${a},\n${b}\n]\n`, ["a", "b"]],
  ["one list that is cut", `[${a}, ${b}, {"id":"c","resp`, ["a", "b", undefined]],
  ["one list that is cut in the middle of a text", `[${a}, ${b}, {"id":"c`, ["a", "b", undefined]],
  [
    "one list in many lines",
    JSON.stringify([JSON.parse(a), { id: "c", n: [{}, { m: [] }] }, JSON.parse(b)], null, 2),
    ["a", "c", "b"],
  ],
  ["objects in many lines", [a, b].map((each) => JSON.stringify(JSON.parse(each), null, 2)).join("\n"), ["a", "b"]],
  // 567-labs/instructor#2667, mkht/PSOpenAI#19: batch files in the encoding of a platform.
  ["UTF-16 with its mark", wide(`\uFEFF${a}\r\n${b}\r\n`), ["a", "b"]],
  ["UTF-16 without", wide(`${a}\n${b}`), ["a", "b"]],
  ["UTF-16, the high bytes first", wide(`\uFEFF${a}\n${b}`, true), ["a", "b"]],
  ["UTF-16, the high bytes first, without its mark", wide(`${a}\n${b}`, true), ["a", "b"]],
  [
    "a line in Latin-1, first or later",
    Uint8Array.from([...encode('{"id":"'), 0xe9, ...encode(`"}\n${a}\n{"id":"caf`), 0xe9, ...encode(`"}\n${b}`)]),
    [undefined, "a", undefined, "b"],
  ],
])("P53 %s", async ([, body, ids]) => {
  const rows = await read(new Response(body));
  expect(rows.map((row) => row?.["id"])).toEqual(ids);
});

test("nothing has no line", async () => {
  expect(await read(arriving([]))).toEqual([]);
  expect(await read(new Response(null))).toEqual([]);
  expect(await read(new Response("\n \n"))).toEqual([]);
});

test.for([
  ["a head before it", `id,text\n${a}\n${b}`],
  ["events of a stream", `data: ${a}\n\ndata: ${b}\n\ndata: [DONE]\n`],
])("P53 a file of rows with %s is read", async ([, text = ""]) => {
  const rows = await read(new Response(text));
  expect(rows.filter((row) => row !== undefined).map((row) => (row as { readonly id: unknown }).id)).toEqual([
    "a",
    "b",
  ]);
});

test.for(["Upstream is not reachable.", "no healthy upstream\ntry later"])(
  "P53 a text is no file of rows: %s",
  async (text) => {
    await expect(read(new Response(text))).rejects.toMatchObject({ code: "provider_error", retryable: true });
  },
);

test("P53 a proxy's page with a good status is not a file of rows that cannot be read", async () => {
  const page = new Response("<!doctype html>\n<html>\n{\n</html>");
  await expect(read(page)).rejects.toMatchObject({ code: "provider_error", retryable: true, status: 200 });
});

test("a loop that is left early lets the connection go, and the rest is not read", async () => {
  let canceled = false;
  const pieces = Array.from({ length: 100 }, () => encode(`${a}\n`));
  for await (const row of jsonLines(
    arriving(pieces, () => (canceled = true)),
    TERN,
  )) {
    expect(row).toEqual({ id: "a" });
    break;
  }
  expect(canceled).toBe(true);
});

test("a body that breaks off throws what reading threw", async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) });
  await expect(read(new Response(broken))).rejects.toThrow("reset");
});

/** Everything that comes. */
async function read(response: Response): Promise<(Record<string, unknown> | undefined)[]> {
  const all: (Record<string, unknown> | undefined)[] = [];
  for await (const each of jsonLines(response, TERN)) all.push(each);
  return all;
}
