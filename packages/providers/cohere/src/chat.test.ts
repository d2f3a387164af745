import { ArgumentError, InputError, type Usage } from "@batchwise/core";
import { failureOf, FakeClock } from "@batchwise/testkit";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import { z } from "zod";
import { type ChatInput, CohereChat, type CohereChatOptions } from "./chat.ts";
import { refused, said, streamed, Wire } from "./fixtures/wire.ts";

const base = { model: "m", apiKey: "key", clock: new FakeClock(), retry: false } as const;

function make(wire: Wire, options: Partial<CohereChatOptions> = {}): CohereChat {
  return new CohereChat({ ...base, fetch: wire.fetch, ...options });
}

describe("what goes over the wire", () => {
  test("a text is a user's message", async () => {
    const wire = new Wire(() => said("Oslo"));
    const answer = await make(wire).invoke("The capital of Norway?");
    expect(answer.text).toBe("Oslo");
    expect(answer.finishReason).toBe("COMPLETE");
    expect(wire.requests[0]?.url).toBe("https://api.cohere.com/v2/chat");
    expect(wire.bodies).toEqual([
      { model: "m", messages: [{ role: "user", content: "The capital of Norway?" }], stream: false },
    ]);
  });

  test("every option, and a conversation", async () => {
    const wire = new Wire(() => said("Bergen"));
    const chat = make(wire, {
      instructions: "One word.",
      temperature: 0,
      maxTokens: 9,
      body: { safetyMode: "STRICT", seed: 7 },
    });
    await chat.invoke([
      { role: "user", content: "The capital of Norway?" },
      { role: "assistant", content: "Oslo" },
      { role: "user", content: "And the second city?" },
    ]);
    expect(wire.bodies).toEqual([
      {
        model: "m",
        temperature: 0,
        max_tokens: 9,
        safety_mode: "STRICT",
        seed: 7,
        messages: [
          { role: "system", content: "One word." },
          { role: "user", content: "The capital of Norway?" },
          { role: "assistant", content: "Oslo" },
          { role: "user", content: "And the second city?" },
        ],
        stream: false,
      },
    ]);
  });

  test("an input may bring parameters of its own, which win", async () => {
    const wire = new Wire(() => said("yes"));
    const messages = [{ role: "user", content: "well?" } as const];
    await make(wire, { temperature: 1 }).invoke({ messages, temperature: 0.1, maxTokens: 3 });
    expect(wire.bodies[0]).toMatchObject({ temperature: 0.1, max_tokens: 3 });
  });
});

describe("answers", () => {
  test("the texts of a message are joined, its thoughts left out", async () => {
    const content = [
      { type: "thinking", thinking: "hm" },
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ];
    const wire = new Wire(() => said("", { message: { role: "assistant", content } }));
    const answer = await make(wire).invoke("q");
    expect(answer.text).toBe("ab");
    expect(answer.message.content).toHaveLength(3);
  });

  test("one that calls tools has no text", async () => {
    const toolCalls = [{ id: "t", type: "function", function: { name: "f", arguments: "{}" } }];
    const message = { role: "assistant", tool_calls: toolCalls };
    const answer = await make(new Wire(() => said("", { message, finish_reason: "TOOL_CALL" }))).invoke("q");
    expect(answer).toMatchObject({ text: "", finishReason: "TOOL_CALL", message: { toolCalls } });
  });

  test("what is billed is the usage", async () => {
    const usage = {
      billed_units: { input_tokens: 1_000_000, output_tokens: 100_000 },
      tokens: { input_tokens: 9, output_tokens: 9 },
    };
    const wire = new Wire(() => said("a", { usage }));
    let total: Usage | undefined;
    const chat = make(wire, { model: "command-r7b-12-2024" });
    const [answer] = await chat.batch(["q"], { onFinish: (report) => void (total = report.usage) });
    expect(answer?.usage).toEqual({ inputTokens: 1_000_000, outputTokens: 100_000 });
    expect(total?.cost).toBeCloseTo(0.0375 + 0.015);
  });

  // fern-api/fern-typescript#439: the SDK's check of answers, which prints what it finds
  test("P35 P52 a content that is a text is read, and is not written to the console", async () => {
    const written = vi.spyOn(console, "warn");
    const wire = new Wire(() => said("", { message: { role: "assistant", content: "Oslo" } }));
    expect((await make(wire).invoke("q")).text).toBe("Oslo");
    expect(written).not.toHaveBeenCalled();
    written.mockRestore();
  });

  // Cohere's older word for it, which servers in its place still have
  test("P51 half an answer that was held back is none", async () => {
    const error = await failureOf(make(new Wire(() => said("half", { finish_reason: "ERROR_TOXIC" }))).invoke("q"));
    expect(error).toMatchObject({ code: "invalid_result" });
  });

  test.each(["ERROR", "TIMEOUT"])("one that ended in %s may be tried again", async (finishReason) => {
    const error = await failureOf(make(new Wire(() => said("half", { finish_reason: finishReason }))).invoke("q"));
    expect(error).toMatchObject({ code: "provider_error", retryable: true, providerCode: finishReason });
  });

  test("none at all is an error", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const error = await failureOf(make(new Wire(() => Response.json({ id: "c" }))).invoke("q"));
    expect(error).toMatchObject({ code: "invalid_result" });
  });
});

describe("inputs that are no prompts", () => {
  test.each<[string, unknown]>([
    ["a blank text", " "],
    ["no messages", []],
    ["a number", 5],
    ["nothing", null],
    ["an object without messages", { temperature: 1 }],
  ])("%s", async (_, input) => {
    const wire = new Wire(() => said("a"));
    expect(await failureOf(make(wire).invoke(input as ChatInput))).toBeInstanceOf(InputError);
    expect(wire.requests).toEqual([]);
  });

  test("P35 messages of a shape that the SDK refuses, whose own words would quote them", async () => {
    const wire = new Wire(() => said("a"));
    const messages = [{ role: "user", content: { secret: "top secret" } }];
    const error = await failureOf(make(wire).invoke({ messages } as never));
    expect(error).toBeInstanceOf(InputError);
    expect(`${error.message} ${error.cause}`).not.toContain("secret");
    expect(wire.requests).toEqual([]);
  });
});

describe("schema", () => {
  const person = z.object({ name: z.string().min(1), age: z.number().int(), minimum: z.email().optional() });

  test("goes along as JSON Schema without what Cohere does not take, and reads the answer", async () => {
    const wire = new Wire(() => said('{"name":"Ada","age":36}'));
    const chat = new CohereChat({ ...base, fetch: wire.fetch, schema: person });
    const value = await chat.invoke("Who? Answer in JSON.");
    expectTypeOf(value).toEqualTypeOf<z.output<typeof person>>();
    expect(value).toEqual({ name: "Ada", age: 36 });
    expect(wire.bodies[0].response_format).toEqual({
      type: "json_object",
      json_schema: {
        type: "object",
        properties: { name: { type: "string" }, age: { type: "integer" }, minimum: { type: "string" } },
        required: ["name", "age"],
      },
    });
  });

  test("what it transforms is the output; what it refuses is a ResultError", async () => {
    const wire = new Wire(({ body }) => said(body.messages[0].content));
    const schema = z.object({ age: z.number().max(130).transform(String) });
    const chat = new CohereChat({ ...base, fetch: wire.fetch, schema });
    const [fits, old, half, none] = await chat.batch(['{"age":36}', '{"age":999}', '{"age":', "I can't."], {
      returnExceptions: true,
    });
    expect(fits).toEqual({ age: "36" });
    expect(old).toMatchObject({
      code: "invalid_result",
      message: expect.stringMatching(/schema takes, got one that it refuses.*age/),
    });
    expect(half).toMatchObject({ code: "invalid_result" });
    expect(none).toMatchObject({ message: expect.stringMatching(/Expected JSON from the model/) });
  });

  test("an answer that was cut is not read", async () => {
    const wire = new Wire(() => said('{"name":"A', { finish_reason: "MAX_TOKENS" }));
    const error = await failureOf(new CohereChat({ ...base, fetch: wire.fetch, schema: person }).invoke("q"));
    expect(error.message).toMatch(/cut at its longest/);
  });

  test("a JSON Schema of the caller's goes as it is", async () => {
    const wire = new Wire(() => said('{"name":"Ada","age":1}'));
    const jsonSchema = { type: "object", properties: { name: { type: "string", minLength: 1 } } };
    await new CohereChat({ ...base, fetch: wire.fetch, schema: person, jsonSchema }).invoke("q");
    expect(wire.bodies[0].response_format.json_schema).toEqual(jsonSchema);
  });

  const bare = { "~standard": { version: 1, vendor: "own", validate: (value: unknown) => ({ value }) } } as const;

  test.each<[Partial<CohereChatOptions<unknown>>, RegExp]>([
    [{ schema: bare }, /can be sent as a JSON Schema.*give `jsonSchema`/],
    [{ schema: z.date() }, /got one that can't; the reason is in `cause`/],
    [{ schema: {} as never }, /`schema` to be a Standard Schema/],
    [{ jsonSchema: { type: "object" } }, /`jsonSchema` alone/],
  ])("one that cannot be sent: %#", (options, message) => {
    const build = (): unknown => new CohereChat<unknown>({ ...base, ...options });
    expect(build).toThrow(ArgumentError);
    expect(build).toThrow(message);
  });
});

describe("stream", () => {
  const delta = (text: string): object => ({
    type: "content-delta",
    index: 0,
    delta: { message: { content: { text } } },
  });
  const usage = { billed_units: { input_tokens: 3, output_tokens: 2 } };
  const end = (more: object = {}): object => ({
    type: "message-end",
    delta: { finish_reason: "COMPLETE", usage, ...more },
  });
  const collect = async (texts: AsyncIterable<string>): Promise<string[]> => {
    const all: string[] = [];
    for await (const text of texts) all.push(text);
    return all;
  };

  test("gives the text in pieces, and reports what it used", async () => {
    const wire = new Wire(() => streamed([{ type: "message-start", id: "s" }, delta("Os"), delta("lo"), end()]));
    const usages: unknown[] = [];
    const report = ({ usage: used }: { usage?: Usage | undefined }): void =>
      void (used === undefined || usages.push(used));
    expect(await collect(make(wire).stream("q", { report }))).toEqual(["Os", "lo"]);
    expect(wire.bodies).toEqual([{ model: "m", messages: [{ role: "user", content: "q" }], stream: true }]);
    expect(usages).toEqual([{ inputTokens: 3, outputTokens: 2 }]);
  });

  test("one that ends before its message does broke off", async () => {
    const error = await failureOf(collect(make(new Wire(() => streamed([delta("Os")]))).stream("q")));
    expect(error).toMatchObject({ code: "network_error", retryable: true });
  });

  test("P35 an event that is no JSON is an error without its words", async () => {
    const body = "data: {SECRET\n\n";
    const error = await failureOf(collect(make(new Wire(() => new Response(body))).stream("q")));
    expect(error).toMatchObject({ code: "provider_error", retryable: true });
    expect(`${error.message} ${error.cause}`).not.toContain("SECRET");
  });

  test("one in which Cohere gives up is an error", async () => {
    const wire = new Wire(() => streamed([delta("Os"), end({ finish_reason: "ERROR", error: "SECRET" })]));
    const error = await failureOf(collect(make(wire).stream("q")));
    expect(error).toMatchObject({ code: "provider_error", retryable: true, providerCode: "ERROR" });
    expect(error.message).not.toContain("SECRET");
  });

  test("a refusal is the error that it is", async () => {
    const error = await failureOf(collect(make(new Wire(() => refused(429, { "retry-after": "2" }))).stream("q")));
    expect(error).toMatchObject({ code: "rate_limited", retryAfterMs: 2000 });
  });

  const endless = (): Response =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(delta("a"))}\n\n`)),
      }),
    );

  test("P12 an abort ends it at once, with its reason", async () => {
    const controller = new AbortController();
    const wire = new Wire(endless);
    const texts = make(wire).stream("q", { signal: controller.signal });
    expect((await texts.next()).value).toBe("a");
    const next = texts.next();
    controller.abort(new Error("enough"));
    expect(await failureOf(next)).toBe(controller.signal.reason);
    expect(wire.requests[0]?.signal?.aborted).toBe(true);
  });

  test("P17 leaving the loop ends the request", async () => {
    const wire = new Wire(endless);
    for await (const text of make(wire).stream("q")) {
      expect(text).toBe("a");
      break;
    }
    expect(wire.requests[0]?.signal?.aborted).toBe(true);
  });
});

describe("options and weights", () => {
  test.each<[Partial<CohereChatOptions>, RegExp]>([
    [{ model: undefined as never }, /`model`.*command-a-03-2025/],
    [{ instructions: "" }, /`instructions`/],
    [{ temperature: -1 }, /`temperature`/],
    [{ maxTokens: 0 }, /`maxTokens`/],
    [{ body: "x" as never }, /`body`/],
    [{ system: "x" } as object, /Expected only known options of CohereChat, got `system`/],
  ])("%j", (options, message) => {
    expect(() => make(new Wire(() => said("a")), options)).toThrow(message);
  });

  test("an input weighs what it, the instructions and its answer may come to; never throws", () => {
    const { weigh } = make(new Wire(() => said("a")), { instructions: "four", maxTokens: 100 }).settings;
    expect(weigh?.("seven")).toEqual({ tokens: 4 + 5, outputTokens: 100 });
    const own = { messages: [], maxTokens: 7 };
    expect(weigh?.(own)).toEqual({ tokens: 4 + JSON.stringify(own).length, outputTokens: 7 });
    const circle: { messages: unknown[] } = { messages: [] };
    circle.messages.push(circle);
    expect(weigh?.(circle as never)).toEqual({ tokens: 4, outputTokens: 100 });
    expect(weigh?.(undefined as never)).toEqual({ tokens: 4, outputTokens: 100 });
  });
});
