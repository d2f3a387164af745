import { ArgumentError, BatchError, InputError, rateLimiter, ResultError } from "@batchwise/core";
import { FakeClock, failureOf } from "@batchwise/testkit";
import { describe, expect, test, vi } from "vitest";
import { CohereEmbeddings, type CohereEmbeddingsOptions } from "./embeddings.ts";
import { embedded, refused, Wire, type WireRequest } from "./fixtures/wire.ts";

/** Answers each text with its length. */
const byLength = ({ body }: WireRequest): Response => embedded(body.texts.map((text: string) => [text.length, 1]));

function make(wire: Wire, options: Partial<CohereEmbeddingsOptions> = {}): CohereEmbeddings {
  return new CohereEmbeddings({
    model: "m",
    inputType: "search_document",
    apiKey: "key",
    fetch: wire.fetch,
    ...options,
  });
}

describe("what goes over the wire", () => {
  // docs.cohere.com/v1/reference/embed
  test("P52 vectors of a server that answers as the first version did are read, and nothing is written to the console", async () => {
    const written = vi.spyOn(console, "warn");
    const wire = new Wire(({ body }) =>
      Response.json({ id: "e", embeddings: body.texts.map((text: string) => [text.length, 1]), texts: body.texts }),
    );
    expect(await make(wire).batch(["a", "bcd"])).toEqual([Float32Array.of(1, 1), Float32Array.of(3, 1)]);
    expect(written).not.toHaveBeenCalled();
    written.mockRestore();
  });

  // docs.cohere.com/reference/embed: a list for each type, of which a server may leave those empty that it was not asked for
  test("P52 an empty list of one type does not hide the vectors of another", async () => {
    const wire = new Wire(({ body }) => {
      const float = body.texts.map((text: string) => [text.length, 1]);
      return Response.json({ id: "e", embeddings: { float, base64: [], int8: [] }, texts: body.texts });
    });
    expect(await make(wire).batch(["a", "bcd"])).toEqual([Float32Array.of(1, 1), Float32Array.of(3, 1)]);
  });

  // fern-api/fern-typescript#439: the SDK's check of answers, which prints what it finds
  test("P35 nothing that a server sends in an odd place is written to the console", async () => {
    const written = vi.spyOn(console, "warn");
    const wire = new Wire(({ body }) =>
      Response.json({ texts: body.texts[0], embeddings: { base64: body.texts, float: "SECRET" }, meta: body.texts }),
    );
    expect(await failureOf(make(wire).invoke("SECRET"))).toBeInstanceOf(ResultError);
    expect(written).not.toHaveBeenCalled();
    written.mockRestore();
  });

  test("the key, the address, and every choice spelt out", async () => {
    const wire = new Wire(byLength);
    expect(await make(wire).invoke("abc")).toEqual(Float32Array.of(3, 1));
    const [request] = wire.requests;
    expect(request?.url).toBe("https://api.cohere.com/v2/embed");
    expect(request?.method).toBe("POST");
    expect(request?.headers.get("authorization")).toBe("Bearer key");
    expect(request?.body).toEqual({
      model: "m",
      texts: ["abc"],
      input_type: "search_document",
      embedding_types: ["base64"],
      truncate: "END",
    });
  });

  test("every option", async () => {
    const wire = new Wire(() => Response.json({ embeddings: { float: [[1, 2]] } }));
    const embeddings = make(wire, {
      inputType: "clustering",
      outputDimension: 2,
      truncate: "NONE",
      maxTokens: 100,
      priority: 5,
      encoding: "float",
      baseURL: "http://localhost:1/cohere",
      headers: { "x-team": "search" },
      apiKey: async () => "fresh",
    });
    expect(await embeddings.invoke("abc")).toEqual(Float32Array.of(1, 2));
    const [request] = wire.requests;
    expect(request?.url).toBe("http://localhost:1/cohere/v2/embed");
    expect(request?.headers.get("authorization")).toBe("Bearer fresh");
    expect(request?.headers.get("x-team")).toBe("search");
    expect(request?.body).toEqual({
      model: "m",
      texts: ["abc"],
      input_type: "clustering",
      embedding_types: ["float"],
      truncate: "NONE",
      output_dimension: 2,
      max_tokens: 100,
      priority: 5,
    });
  });

  test("an empty key sends none", async () => {
    const wire = new Wire(byLength);
    await make(wire, { apiKey: "" }).invoke("abc");
    expect(wire.requests[0]?.headers.get("authorization")).toBeNull();
  });

  test("96 texts in a request", async () => {
    const wire = new Wire(byLength);
    const texts = Array.from({ length: 200 }, (_, index) => "x".repeat(index + 1));
    const vectors = await make(wire).batch(texts);
    expect(vectors.map(([length]) => length)).toEqual(texts.map((text) => text.length));
    expect(wire.bodies.map(({ texts: sent }) => sent.length)).toEqual([96, 96, 8]);
  });
});

describe("options that cannot be worked with", () => {
  test("P10 without inputType there is no way to guess it", () => {
    const make10 = (): CohereEmbeddings => new CohereEmbeddings({ model: "m", apiKey: "k" } as never);
    expect(make10).toThrow(ArgumentError);
    expect(make10).toThrow(/`inputType`.*It has no default: documents need "search_document"/);
  });

  test.each<[Partial<CohereEmbeddingsOptions>, RegExp]>([
    [{ model: "" }, /`model` to be a non-empty string, got an empty string.*embed-v4\.0/],
    [{ inputType: "image" as never }, /`inputType`/],
    [{ outputDimension: 0 }, /`outputDimension` to be a whole number from 1, got 0/],
    [{ truncate: "MIDDLE" as never }, /`truncate` to be "NONE", "START" or "END"/],
    [{ maxTokens: 1.5 }, /`maxTokens`.*got 1\.5/],
    [{ priority: 1000 }, /`priority` to be a whole number from 0 to 999, got 1000/],
    [{ encoding: "int8" as never }, /`encoding`/],
    [{ tier: "free" as never }, /`tier` to be "trial" or "production"/],
    [{ maxConcurrency: 0 }, /`maxConcurrency`/],
    [{ timeoutMs: -1 }, /`timeoutMs`/],
    [{ inputsPerMinute: 0 }, /inputsPerMinute/],
    [{ limiter: rateLimiter(), inputsPerMinute: 5 }, /either `limiter` or `inputsPerMinute`, got both/],
    [{ outputDimensions: 5 } as object, /Expected only known options of CohereEmbeddings, got `outputDimensions`/],
  ])("%j", (options, message) => {
    const build = (): CohereEmbeddings => make(new Wire(byLength), options);
    expect(build).toThrow(ArgumentError);
    expect(build).toThrow(message);
  });
});

test("what the engine is told: the defaults, or what is asked for", () => {
  const wire = new Wire(byLength);
  expect(make(wire).settings).toMatchObject({
    request: { maxInputs: 96 },
    maxConcurrency: 10,
    retry: { attempts: 6 },
    timeoutMs: 300_000,
  });
  const asked = { maxConcurrency: 3, retry: { attempts: 2 }, timeoutMs: 50 } as const;
  expect(make(wire, asked).settings).toMatchObject(asked);
  expect(make(wire, { retry: false }).settings.retry).toBe(false);
});

describe("inputs", () => {
  test("P36 an empty text and what is no text stay behind, their neighbours go", async () => {
    const wire = new Wire(byLength);
    const slots = await make(wire).invokeMany(["a", "", 5 as never, null as never, "bb"]);
    expect(wire.bodies.map(({ texts }) => texts)).toEqual([["a", "bb"]]);
    expect(slots[0]).toEqual(Float32Array.of(1, 1));
    expect(slots[4]).toEqual(Float32Array.of(2, 1));
    expect(slots.slice(1, 4).every((slot) => InputError.isInstance(slot))).toBe(true);
    expect(slots.slice(1, 4).map((slot) => (slot as InputError).position)).toEqual([1, 2, 3]);
  });

  test("nothing is sent where no text is left", async () => {
    const wire = new Wire(byLength);
    expect(await failureOf(make(wire).invoke(""))).toBeInstanceOf(InputError);
    expect(await make(wire).invokeMany([])).toEqual([]);
    expect(wire.requests).toEqual([]);
  });

  test("P36 a text that Cohere refuses is found, and fails alone", async () => {
    const wire = new Wire((request) => (request.body.texts.includes("bad") ? refused(400) : byLength(request)));
    const texts = Array.from({ length: 96 }, (_, index) => (index === 70 ? "bad" : `text ${index}`));
    const slots = await make(wire).batch(texts, { returnExceptions: true, retry: false });
    expect(slots.filter((slot) => slot instanceof Error)).toHaveLength(1);
    expect(slots[70]).toMatchObject({ code: "invalid_input", status: 400 });
    expect(wire.requests.length).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(96)));
  });

  test("weighs by UTF-8 bytes, no further than maxTokens, and refuses what cannot be sent", () => {
    const { weigh } = make(new Wire(byLength), { maxTokens: 5 }).settings;
    expect(["é", "four", "longer than five"].map((text) => weigh?.(text))).toEqual([
      { tokens: 2, outputTokens: 0 },
      { tokens: 4, outputTokens: 0 },
      { tokens: 5, outputTokens: 0 },
    ]);
    for (const wrong of ["", 5, null]) expect(() => weigh?.(wrong as string)).toThrow(InputError);
  });
});

describe("responses", () => {
  test("P5 vectors are placed by position: the texts that come back are lower-cased", async () => {
    const wire = new Wire(({ body }) =>
      embedded(
        body.texts.map((text: string) => [text.length, 1]),
        { texts: body.texts.map((text: string) => text.toLowerCase()).toReversed() },
      ),
    );
    const vectors = await make(wire).batch(["Hello", "Hi"]);
    expect(vectors).toEqual([Float32Array.of(5, 1), Float32Array.of(2, 1)]);
  });

  test.each<[string, object]>([
    ["one short", { embeddings: { base64: ["AACAPw=="] } }],
    ["one too many", { embeddings: { base64: ["AACAPw==", "AACAPw==", "AACAPw=="] } }],
    ["none", { embeddings: {} }],
    ["no embeddings", { id: "e" }],
    ["two lengths", { embeddings: { base64: ["AACAPw==", "AACAPwAAgD8="] } }],
  ])("P6 L13 rows that are %s are an error of their items, never a shift", async (_, body) => {
    const wire = new Wire(() => Response.json(body));
    const slots = await make(wire).batch(["a", "b"], { returnExceptions: true, retry: false });
    expect(slots.every((slot) => ResultError.isInstance(slot))).toBe(true);
    expect(wire.requests).toHaveLength(1);

    // P48 they may be right the next time.
    const clock = new FakeClock();
    const moody = new Wire((request, number) => (number < 2 ? Response.json(body) : byLength(request)));
    const vectors = await clock.run(make(moody).batch(["a", "bb"], { clock }));
    expect(vectors).toEqual([Float32Array.of(1, 1), Float32Array.of(2, 1)]);
    expect(moody.requests).toHaveLength(3);
  });

  test.each<[string, unknown]>([
    ["too short", [1]],
    ["too long", [1, 2, 3]],
    ["not finite", [1, Number.NaN]],
    ["infinite", [Infinity, 1]],
    ["half a number", "AACAP"],
    ["no base64", "!"],
  ])("P48 L13 a vector that is %s is asked for again, and then fails its own slot", async (_, vector) => {
    const vectors = new Map<string, unknown>([
      ["a", [1, 2]],
      ["b", vector],
      ["c", [3, 4]],
    ]);
    const wire = new Wire(({ body }) => embedded(body.texts.map((text: string) => vectors.get(text))));
    const clock = new FakeClock();
    const texts = [...vectors.keys()];
    const slots = await clock.run(make(wire, { outputDimension: 2 }).batch(texts, { clock, returnExceptions: true }));
    expect(slots[0]).toEqual(Float32Array.of(1, 2));
    expect(slots[1]).toBeInstanceOf(ResultError);
    expect((slots[1] as Error).message).toMatch(/^Expected .* for this input/);
    expect(slots[2]).toEqual(Float32Array.of(3, 4));
    expect(wire.bodies.map((body) => body.texts.join())).toEqual(["a,b,c", "b", "b"]);
  });

  test("what is no number in a float row is no 0", async () => {
    const wire = new Wire(() =>
      Response.json({
        embeddings: {
          float: [
            [1, 2],
            [1, null],
            ["3", 4],
          ],
        },
      }),
    );
    const slots = await make(wire, { encoding: "float" }).batch(["a", "b", "c"], { returnExceptions: true });
    expect(slots[0]).toEqual(Float32Array.of(1, 2));
    expect(slots.slice(1).every((slot) => ResultError.isInstance(slot))).toBe(true);
  });

  test("a known model's dimensions are held against its vectors", async () => {
    const wire = new Wire(() => embedded([[1, 2]]));
    const error = await failureOf(make(wire, { model: "embed-english-v3.0" }).invoke("a"));
    expect(error.message).toMatch(/vectors of length 1024, got one of length 2/);
  });

  test("P35 a text is in no error", async () => {
    const wire = new Wire(() => embedded([]));
    const error = await failureOf(make(wire).batch(["top secret"]));
    expect(error).toBeInstanceOf(BatchError);
    expect(`${error.message} ${error.cause.message} ${error.cause.stack}`).not.toContain("top secret");
  });
});

describe("usage and cost", () => {
  const billed = { meta: { billed_units: { input_tokens: 1_000_000 }, tokens: { input_tokens: 7 } } };

  test("what is billed is counted, at the list price or the caller's", async () => {
    const wire = new Wire(() => embedded([Array.from({ length: 1536 }, () => 1)], billed));
    const cost = async (options: Partial<CohereEmbeddingsOptions>): Promise<unknown> => {
      let usage: unknown;
      const onFinish = (report: { usage: unknown }): void => {
        usage = report.usage;
      };
      await make(wire, { model: "embed-v4.0", ...options }).batch(["a"], { onFinish });
      return usage;
    };
    expect(await cost({})).toMatchObject({ inputTokens: 1_000_000, cost: 0.12 });
    expect(await cost({ price: { perMillionInputTokens: 1 } })).toMatchObject({ cost: 1 });
  });

  test("P9 a response that says nothing of usage adds nothing", async () => {
    const wire = new Wire(byLength);
    let inputTokens: number | undefined;
    await make(wire).batch(["a"], { onFinish: ({ usage }) => void ({ inputTokens } = usage) });
    expect(inputTokens).toBe(0);
  });
});
