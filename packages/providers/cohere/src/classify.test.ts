import { ArgumentError, BatchError, InputError, ResultError } from "@batchwise/core";
import { failureOf } from "@batchwise/testkit";
import { CohereClient, CohereClientV2 } from "cohere-ai";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import { CohereClassify, type CohereClassifyOptions, type ClassifyExample } from "./classify.ts";
import { classified, refused, Wire, type WireRequest } from "./fixtures/wire.ts";

const examples: readonly ClassifyExample[] = [
  { text: "buy now", label: "spam" },
  { text: "free money", label: "spam" },
  { text: "see you at noon", label: "ham" },
  { text: "thanks for lunch", label: "ham" },
];

/** Labels each text with itself. */
const byText = ({ body }: WireRequest): Response =>
  classified(body.inputs.map((text: string) => [text, { [text]: 0.75, other: 0.25 }]));

function make(wire: Wire, options: Partial<CohereClassifyOptions> = {}): CohereClassify {
  return new CohereClassify({ model: "m", apiKey: "key", fetch: wire.fetch, ...options });
}

describe("what goes over the wire", () => {
  test("the key, the address, and every choice spelt out", async () => {
    const wire = new Wire(byText);
    expect(await make(wire).invoke("abc")).toEqual({
      label: "abc",
      labels: ["abc"],
      confidences: { abc: 0.75, other: 0.25 },
    });
    expect(wire.requests[0]?.url).toBe("https://api.cohere.com/v1/classify");
    expect(wire.requests[0]?.headers.get("authorization")).toBe("Bearer key");
    expect(wire.bodies).toEqual([{ model: "m", inputs: ["abc"], truncate: "END" }]);
  });

  test("every option, and of an example only what it is", async () => {
    const wire = new Wire(byText);
    const more = { ...examples[0]!, note: "mine" };
    const classify = make(wire, {
      truncate: "NONE",
      examples: [more, ...examples.slice(1)],
      headers: { "x-team": "a" },
    });
    await classify.invoke("abc");
    expect(wire.requests[0]?.headers.get("x-team")).toBe("a");
    expect(wire.bodies).toEqual([{ model: "m", inputs: ["abc"], truncate: "NONE", examples }]);
  });

  test("examples are enough, and so is a trained model", async () => {
    const wire = new Wire(byText);
    await new CohereClassify({ apiKey: "key", fetch: wire.fetch, examples }).invoke("abc");
    expect(wire.bodies).toEqual([{ inputs: ["abc"], truncate: "END", examples }]);
  });

  test("an injected client is used", async () => {
    const wire = new Wire(byText);
    const client = new CohereClient({ token: "other", fetch: wire.fetch });
    await new CohereClassify({ model: "m", client }).invoke("abc");
    expect(wire.requests[0]?.headers.get("authorization")).toBe("Bearer other");
  });
});

test("a CohereClientV2 is no client for it: the SDK binds its classify to the wrong object", async () => {
  expectTypeOf<CohereClientV2>().not.toExtend<NonNullable<CohereClassifyOptions["client"]>>();
  const client = new CohereClientV2({ token: "key" });
  expect(await failureOf((async () => client.classify({ inputs: ["a"] }))())).toBeInstanceOf(TypeError);
});

describe("many texts", () => {
  test("go out 96 a request, and come back in order", async () => {
    const wire = new Wire(byText);
    const texts = Array.from({ length: 200 }, (_, index) => `text ${index}`);
    const found = await make(wire).batch(texts);
    expect(found.map(({ label }) => label)).toEqual(texts);
    expect(wire.bodies.map((body) => body.inputs.length)).toEqual([96, 96, 8]);
  });

  test("what is no text fails alone, before it is sent", async () => {
    const wire = new Wire(byText);
    const slots = await make(wire).batch(["a", "", 7 as never, "b"], { returnExceptions: true });
    expect(slots.map((slot) => (slot instanceof Error ? InputError.isInstance(slot) : slot.label))).toEqual([
      "a",
      true,
      true,
      "b",
    ]);
    expect(wire.bodies.map((body) => body.inputs)).toEqual([["a", "b"]]);
  });

  test("P6 a label too few or too many is an error for the request's items, never a shift", async () => {
    for (const change of [-1, 1]) {
      const wire = new Wire(({ body }) =>
        classified(Array.from({ length: body.inputs.length + change }, () => ["a", { a: 1 }] as const)),
      );
      // oxlint-disable-next-line no-await-in-loop -- one wire after another
      const slots = await make(wire, { retry: false }).batch(["a", "b"], { returnExceptions: true });
      expect(slots.every((slot) => ResultError.isInstance(slot))).toBe(true);
    }
  });

  test("P6 a row that is no classification fails its item alone", async () => {
    const broken = [{ labels: {} }, { predictions: ["a"] }, null, { predictions: [1], labels: {}, input: 5 }];
    const rows = [...broken, { predictions: ["a"], labels: { a: { confidence: "high" } } }];
    const good = { predictions: [], labels: { a: { confidence: 0.1 } } };
    const wire = new Wire(() => Response.json({ id: "k", classifications: [...rows, good] }));
    const written = vi.spyOn(console, "warn");
    const slots = await make(wire, { retry: false }).invokeMany(["1", "2", "3", "4", "5", "6"]);
    expect(slots.map((slot) => ResultError.isInstance(slot))).toEqual([true, true, true, true, true, false]);
    // The SDK prints what it finds odd, the texts among it: fern-api/fern-typescript#439
    expect(written).not.toHaveBeenCalled();
    written.mockRestore();
  });

  test("a refusal carries no words of the provider or the input", async () => {
    const wire = new Wire(() => refused(401));
    const error = await failureOf(make(wire).batch(["secret input"]));
    expect(BatchError.isInstance(error)).toBe(true);
    expect(JSON.stringify(error) + String((error as Error).cause)).not.toMatch(/SECRET|secret input/);
    expect(wire.requests).toHaveLength(1);
  });
});

describe("options that cannot be worked with", () => {
  const wire = new Wire(byText);

  test.each<[string, Partial<CohereClassifyOptions>, RegExp]>([
    ["one label", { examples: examples.slice(0, 2) }, /two labels, two each, got 1 labels/],
    ["one example of a label", { examples: examples.slice(0, 3) }, /1 of them with one example/],
    [
      "an example without a label",
      { examples: [{ text: "a" } as never] },
      /`examples\[0\]\.label` to be a non-empty string, got undefined/,
    ],
    [
      "an example without a text",
      { examples: [null as never] },
      /`examples\[0\]\.text` to be a non-empty string, got undefined/,
    ],
    ["no list", { examples: {} as never }, /an array of at most 2,500/],
    ["truncate", { truncate: "MIDDLE" as never }, /"NONE", "START" or "END"/],
    ["a misspelt name", { sample: [] } as never, /got `sample`/],
    [
      "a client whose classify does not work",
      { apiKey: undefined, fetch: undefined, client: new CohereClientV2({ token: "key" }) } as never,
      /`client` to be a CohereClient, whose/,
    ],
  ])("%s", (_, options, message) => {
    expect(() => make(wire, options)).toThrow(message);
    expect(() => make(wire, options)).toThrow(ArgumentError);
  });

  test("neither model nor examples", () => {
    expect(() => new CohereClassify({ apiKey: "key" })).toThrow(/got neither/);
  });

  test("no key: the variable is named", () => {
    vi.stubEnv("CO_API_KEY", undefined);
    expect(() => new CohereClassify({ model: "m" })).toThrow(/CO_API_KEY/);
    vi.unstubAllEnvs();
  });
});
