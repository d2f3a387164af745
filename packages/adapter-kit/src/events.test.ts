import { expect, test } from "vitest";
import { eventsIn, eventsOf, looksLikeEvents, type ServerEvent } from "./events.ts";

const dataOf = (text: string): string[] => eventsIn(text).map(({ data }) => data);

test.for<[string, string, string[]]>([
  ["events", 'data: {"a":1}\n\ndata: [DONE]\n\n', ['{"a":1}', "[DONE]"]],
  // SamSaffron/term-llm#487
  ["no space behind the colon", 'data:{"a":1}\n\ndata:[DONE]\n\n', ['{"a":1}', "[DONE]"]],
  ["other line ends", 'data: {"a":1}\r\n\r\ndata: 2\r\rdata: 3\n\n', ['{"a":1}', "2", "3"]],
  ["comments and other fields", ": ping\n\nid: 7\nretry: 10\ndata: 1\n\n: OPENROUTER PROCESSING\n\n", ["1"]],
  ["data of several lines", 'data: {\ndata: "a": 1}\n\n', ['{\n"a": 1}']],
  ["no empty lines between events", 'data: {"a":1}\ndata: {"a":2}\ndata: [DONE]\n', ['{"a":1}', '{"a":2}', "[DONE]"]],
  ["an end without a line's end", "data: 1\n\ndata: [DONE]", ["1", "[DONE]"]],
  ["nothing", "", []],
])("P51 %s", ([, text, expected]) => {
  expect(dataOf(text)).toEqual(expected);
});

test("an event has its name", () => {
  expect(eventsIn("event: error\ndata: {}\n\ndata: 1\n\n")).toEqual([
    { name: "error", data: "{}" },
    { name: undefined, data: "1" },
  ]);
});

test("events are read whatever pieces they arrive in", async () => {
  const text = 'event: a\r\ndata: {"ö": "€"}\r\n\r\ndata: [DONE]\r\n\r\n';
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const body = new ReadableStream<Uint8Array>({
      start(stream) {
        for (let at = 0; at < bytes.length; at += size) stream.enqueue(bytes.slice(at, at + size));
        stream.close();
      },
    });
    const events: ServerEvent[] = [];
    for await (const event of eventsOf(body)) events.push(event);
    expect(events).toEqual([
      { name: "a", data: '{"ö": "€"}' },
      { name: undefined, data: "[DONE]" },
    ]);
  }
});

// Servers that ignore `stream: true`, and proxies' pages
test("P51 a body without events is one, of all that it is", async () => {
  const read = async (text: string): Promise<string[]> => {
    const datas: string[] = [];
    for await (const { data } of eventsOf(new Response(text).body)) datas.push(data);
    return datas;
  };
  for (const text of ['{\n"a": 1\n}\n', "<html>\n</html>"]) expect(await read(text)).toEqual([text]);
  for (const text of ["", "\n", ": ping\n\n"]) expect(await read(text)).toEqual([]);
});

test("P12 leaving the loop ends the response", async () => {
  let canceled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (stream) => stream.enqueue(new TextEncoder().encode("data: 1\n\n")),
    cancel: () => void (canceled = true),
  });
  for await (const { data } of eventsOf(body)) {
    expect(data).toBe("1");
    break;
  }
  expect(canceled).toBe(true);
});

test("a body of events is known by its beginning", () => {
  expect(["data: {}", "\n\nevent: x\n", ": ping\n\ndata: 1", "data:{}"].every(looksLikeEvents)).toBe(true);
  expect(['{"data": 1}', "<html>", "[]", "", '"data: "', "dataset: x"].some(looksLikeEvents)).toBe(false);
});
