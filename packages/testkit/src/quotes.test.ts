import { describe, expect, it } from "vitest";

import { ownProbes, placeOfQuote } from "./quotes.ts";

const texts = ["one", "seven", "eleven", "a dozen", "seventeen", "twenty-one"];

/** Place at which errors of these messages quote their inputs. */
function placeIn(
  inputs: readonly unknown[],
  errorOf: (input: any, index: number) => Error | undefined,
): string | undefined {
  return placeOfQuote(
    inputs,
    inputs.map((input, index) => errorOf(input, index)),
  );
}

describe("placeOfQuote finds inputs", () => {
  it.each<[place: string, errorOf: (text: string) => Error]>([
    ["message", (text) => new Error(`Refused: "${text}".`)],
    ["message", (text) => new Error(`Expected one answer for ${text}, got ${text.length} bytes.`)],
    ["message", (text) => new Error(JSON.stringify({ input: [text] }))],
    ["message", (text) => new Error(`/search?q=${encodeURIComponent(text)}`)],
    ["cause.message", (text) => new Error("Refused.", { cause: new Error(text) })],
    ["cause.cause.message", (text) => new Error("No.", { cause: new Error("No.", { cause: new Error(text) }) })],
    ["cause", (text) => new Error("Refused.", { cause: text })],
    ["errors.0.message", (text) => new AggregateError([new Error(text)], "All failed.")],
    ["request.body", (text) => Object.assign(new Error("Refused."), { request: { body: `{"input":"${text}"}` } })],
    ["values.0", (text) => Object.assign(new Error("Refused."), { values: [text] })],
    ["headers.0.1", (text) => Object.assign(new Error("Refused."), { headers: new Headers({ query: text }) })],
    ["seen.0", (text) => Object.assign(new Error("Refused."), { seen: new Set([text]) })],
    ["keys of byText", (text) => Object.assign(new Error("Refused."), { byText: { [text]: 400 } })],
    ["stack", (text) => Object.assign(new Error("Refused."), { stack: `Error: ${text}\n    at here` })],
  ])("in %s", (place, errorOf) => {
    expect(placeIn(texts, errorOf)).toBe(place);
  });

  it("that are no texts: their texts and numbers, however deep", () => {
    const queries = texts.map((query) => ({ role: "user", parts: [{ query }] }));
    expect(placeIn(queries, ({ parts }) => new Error(`No result for ${parts[0].query}.`))).toBe("message");
    expect(placeIn([1, 2, 3, 4, 5, 6], (number) => new Error(`Item ${number} failed.`))).toBe("message");
    expect(placeIn([1n, 2n, 3n, 4n, 5n, 6n], (number) => new Error(`Item ${number} failed.`))).toBe("message");
  });

  it("that are quoted in part, by their beginning", () => {
    const long = texts.map((text) => `${text}, and a great deal more of which no error has room`);
    expect(placeIn(long, (text: string) => new Error(`Refused: ${text.slice(0, 24)}...`))).toBe("message");
  });

  it("with a line break or a quotation mark in them", () => {
    const lines = texts.map((text) => `"${text}"\nand so on`);
    expect(placeIn(lines, (line) => new Error(JSON.stringify([line])))).toBe("message");
  });
});

describe("placeOfQuote leaves alone", () => {
  it("words that every error has, whatever its input", () => {
    expect(placeIn(texts, () => new Error("Expected one answer of seven, got none."))).toBeUndefined();
    expect(placeIn(["a", "b", "c", "d", "e", "f"], () => new Error("a b c d e f"))).toBeUndefined();
  });

  it("sizes, positions and statuses", () => {
    const sized = (text: string, index: number): Error =>
      Object.assign(new Error(`Expected a text of at most 2 bytes, got ${text.length} at ${index}.`), { status: 400 });
    expect(placeIn(texts, sized)).toBeUndefined();
    expect(
      placeIn(["100", "200", "300", "400", "500", "600"], () => Object.assign(new Error("No."), { status: 400 })),
    ).toBeUndefined();
  });

  it("a short input that a random id happens to hold", () => {
    const ids = ["req-a-x", "req-9-b", "req-0", "req-1", "req-2", "req-3"];
    expect(placeIn(["a", "b", "c", "d", "e", "f"], (_, index) => new Error(`Failed (${ids[index]}).`))).toBeUndefined();
  });

  it("what all inputs share", () => {
    const chats = texts.map((content) => ({ role: "user", content }));
    expect(placeIn(chats, ({ role }) => new Error(`Expected a system prompt, got ${role}.`))).toBeUndefined();
  });

  it("inputs that did not fail, circles, and fields that are not there", () => {
    const circular: Error & { self?: unknown } = new Error("Refused.");
    circular.self = circular;
    expect(placeIn(texts, (_, index) => (index < 3 ? circular : undefined))).toBeUndefined();
  });
});

it("ownProbes are the texts and numbers of an input that no other has", () => {
  expect(ownProbes([{ role: "user", text: "a b" }, { role: "user", text: "c" }, { role: "user" }])).toEqual([
    ["a b", "a%20b"],
    ["c"],
    [],
  ]);
  expect(ownProbes([new Uint8Array([1]), new Uint8Array([2])])).toEqual([[], []]);
});
