import { ArgumentError, type CallReport, InputError, ProviderError, ResultError, type Weight } from "@batchwise/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { collected, events, responded, type SentRequest, wire, type Wire } from "./fixtures/wire.ts";
import { OpenAIResponses, type OpenAIResponsesOptions, type ResponsesInput, type ResponsesResult } from "./index.ts";

const city = z.object({ name: z.string() });

test("the wire: a text is the input", async () => {
  const { responses, requests } = make();
  expect(await responses.invoke("Hello")).toEqual({
    id: "resp_1",
    text: "Hi",
    status: "completed",
    output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi", annotations: [] }] }],
    usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    model: "gpt-6-luna-2026-09-22",
  });
  expect(requests[0]!.url).toBe("https://api.openai.com/v1/responses");
  expect(requests[0]!.body).toMatchInlineSnapshot(`
    {
      "input": "Hello",
      "model": "gpt-6-luna",
      "stream": false,
    }
  `);
});

test("every option reaches the wire", async () => {
  const { responses, requests } = make({
    model: "gpt-5.4",
    instructions: "Be brief.",
    temperature: 0,
    maxTokens: 50,
    body: { store: false, text: { verbosity: "low" } },
  });
  await responses.invoke("Hello");
  expect(requests[0]!.body).toEqual({
    model: "gpt-5.4",
    instructions: "Be brief.",
    temperature: 0,
    max_output_tokens: 50,
    store: false,
    stream: false,
    text: { verbosity: "low" },
    input: "Hello",
  });
});

test("an input may be items, or a request of its own whose parameters win", async () => {
  const { responses, requests } = make({ temperature: 1, body: { store: false } });
  const input = [{ role: "user" as const, content: "Hello" }];
  await responses.invoke(input);
  await responses.invoke({ input, temperature: 0.2, previous_response_id: "resp_0" });
  expect(requests.map(({ body }) => body)).toEqual([
    { model: "gpt-6-luna", temperature: 1, store: false, input, stream: false },
    { model: "gpt-6-luna", temperature: 0.2, store: false, previous_response_id: "resp_0", input, stream: false },
  ]);
});

test("a schema goes beside what else is said of the text, and reads the answer", async () => {
  const { responses, requests } = make({ schema: city, body: { text: { verbosity: "low" } } }, () =>
    responded('{"name":"Oslo"}'),
  );
  expect(await responses.invoke("Norway")).toEqual({ name: "Oslo" });
  await responses.invoke({ input: "Norway", text: { verbosity: "high" } });
  const format = {
    type: "json_schema",
    name: "output",
    strict: true,
    schema: expect.objectContaining({ required: ["name"], additionalProperties: false }) as unknown,
  };
  expect(requests.map(({ body }) => body.text)).toEqual([
    { verbosity: "low", format },
    { verbosity: "high", format },
  ]);
});

test("text is put together from all messages; other output is left where it is", async () => {
  const part = (text: string): object => ({ type: "output_text", text });
  const output = [
    { type: "reasoning", summary: [] },
    { type: "message", content: [part("Hel"), part("lo ")] },
    { type: "function_call", name: "look", arguments: "{}" },
    { type: "message", content: [part("there")] },
  ];
  const { responses } = make({}, () => responded("", { output }));
  const result = await responses.invoke("Hi");
  expect(result.text).toBe("Hello there");
  expect(result.output).toEqual(output);
});

test.for<[string, object, new (...args: never[]) => Error, object]>([
  [
    "a refusal",
    { output: [{ type: "message", content: [{ type: "refusal", refusal: "a secret" }] }] },
    ResultError,
    {},
  ],
  ["the content filter", { status: "incomplete", incomplete_details: { reason: "content_filter" } }, ResultError, {}],
  // The words of chat completions, as gateways carry them over
  ["a safety filter", { status: "incomplete", incomplete_details: { reason: "SAFETY" } }, ResultError, {}],
  [
    "half an answer",
    { status: "incomplete", incomplete_details: { reason: "engine_overloaded" } },
    ProviderError,
    { retryable: true },
  ],
  ["a server's failure", { status: "failed", error: { code: "server_error" } }, ProviderError, { retryable: true }],
  [
    "a limit in the middle",
    { status: "failed", error: { code: "rate_limit_exceeded" } },
    ProviderError,
    { code: "rate_limited", retryable: true },
  ],
  [
    "a prompt that is refused",
    { status: "failed", error: { code: "invalid_prompt", message: "a secret" } },
    ProviderError,
    { code: "invalid_input", retryable: false },
  ],
  ["an answer that is not finished", { status: "queued", output: [] }, ResultError, {}],
  ["an answer without output", { output: [] }, ResultError, {}],
])("%s is an error, and is not quoted", async ([, changes, kind, expected]) => {
  const error: unknown = await make({}, () => responded("Hi", changes))
    .responses.invoke("Hello")
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(kind);
  expect(error).toMatchObject(expected);
  expect((error as Error).message).not.toContain("secret");
});

test("an answer that was cut is an error with a schema, and tells so without one", async () => {
  const cut = (): Response =>
    responded('{"name":', { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
  expect((await make({}, cut).responses.invoke("Hello")).status).toBe("incomplete");
  await expect(make({ schema: city }, cut).responses.invoke("Hello")).rejects.toThrow("Raise `maxTokens`");
});

test.for([null, undefined, 7, [], {}, { input: [] }, { input: 7 }])(
  "an input that is no prompt (%j) is an InputError, and nothing is sent",
  async (input) => {
    const { responses, requests } = make();
    await expect(responses.invoke(input as ResponsesInput)).rejects.toThrow(InputError);
    expect(requests).toHaveLength(0);
  },
);

test("weighs the prompt, and what the answer may have at most", () => {
  const weigh = (options: Partial<OpenAIResponsesOptions>, input: unknown): Weight =>
    make(options).responses.settings.weigh!(input as ResponsesInput);
  const { tokens } = weigh({}, "Hello");
  expect(tokens).toBeGreaterThanOrEqual(5);
  expect(weigh({ maxTokens: 100 }, "Hello")).toEqual({ tokens, outputTokens: 100 });
  expect(weigh({ maxTokens: 100 }, { input: "Hello", max_output_tokens: 7 }).outputTokens).toBe(7);
  expect(weigh({}, null).tokens).toBeGreaterThanOrEqual(0);
});

test("stream: the text as it comes, and what was used at the end", async () => {
  const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
  const answer = (await responded("Hello", { usage }).json()) as object;
  const { responses, requests } = make({}, () =>
    events(
      { type: "response.created", response: { ...answer, status: "in_progress", output: [] } },
      { type: "response.output_text.delta", delta: "Hel" },
      { type: "response.output_text.delta", delta: "lo" },
      { type: "response.completed", response: answer },
    ),
  );
  const reports: CallReport[] = [];
  const parts = await collected(responses.stream("Hi", { report: (report) => reports.push(report) }));
  expect(parts).toEqual(["Hel", "lo"]);
  expect(reports).toEqual([{}, { usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } }]);
  expect(requests[0]!.body).toEqual({ model: "gpt-6-luna", input: "Hi", stream: true });
});

test("an answer without a status is whole", async () => {
  for (const status of [null, undefined]) {
    expect(await make({}, () => responded("Hi", { status })).responses.invoke("Hello")).toMatchObject({ text: "Hi" });
  }
});

// UKGovernmentBEIS/inspect_ai#2743; others as reported of gateways
test("P52 a message whose content is a text is read, and an item that is none is passed by", async () => {
  const output = [null, { type: "message", role: "assistant", content: "Hi" }];
  expect(await make({}, () => responded("", { output })).responses.invoke("Hello")).toMatchObject({ text: "Hi" });
});

// developers.openai.com, Responses: `phase` of a message; `type` of one may be left out in an input, and some servers do so here.
test("P52 what a model says of its work is not its answer, and a message may lack its type or have an empty error beside it", async () => {
  const said = (text: string, more: object): object => ({
    role: "assistant",
    content: [{ type: "output_text", text }],
    ...more,
  });
  const output = [
    said('Perhaps {"name":"Bergen"}?', { type: "message", phase: "commentary" }),
    said("Oslo", { type: "message", phase: "final_answer" }),
  ];
  expect(await make({}, () => responded("", { output })).responses.invoke("Hello")).toMatchObject({ text: "Oslo" });
  const bare = { output: [said("Oslo", {})], error: {} };
  expect(await make({}, () => responded("", bare)).responses.invoke("Hello")).toMatchObject({ text: "Oslo" });
});

// BerriAI/litellm#26087, NVIDIA-NeMo/Switchyard#796
test.for<[string, unknown[]]>([
  ["thoughts alone", [{ type: "reasoning", summary: [] }]],
  ["a message without content", [{ type: "message", role: "assistant", content: null }]],
])("P51 %s are an answer only where it was cut", async ([, output]) => {
  const { responses } = make({}, () => responded("", { output }));
  await expect(responses.invoke("Hello")).rejects.toBeInstanceOf(ResultError);
  const cut = { output, status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
  expect(await make({}, () => responded("", cut)).responses.invoke("Hello")).toMatchObject({ text: "" });
});

test("P51 a body of events is read, and one that breaks off is worth another try", async () => {
  const response = await responded("Hi").json();
  const delta = { type: "response.output_text.delta", delta: "Hi" };
  const whole = make({}, () => events(delta, { type: "response.completed", response }));
  expect(await whole.responses.invoke("Hello")).toMatchObject({ text: "Hi" });
  const half = make({}, () => events(delta, "[DONE]"));
  await expect(half.responses.invoke("Hello")).rejects.toMatchObject({ code: "network_error", retryable: true });
});

// BerriAI/litellm#26075: the output of the last event is empty.
test("P52 an output that is missing at the end is that of the items before it, by their places", async () => {
  const item = (at: number | undefined, made: object): object => ({
    type: "response.output_item.done",
    output_index: at,
    item: made,
  });
  const said = { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello" }] };
  const called = { type: "function_call", name: "f", arguments: "{}", call_id: "c" };
  const delta = { type: "response.output_text.delta", delta: "Hel" };
  for (const output of [[], null, undefined]) {
    const end = {
      type: "response.completed",
      response: { ...((await responded("").json()) as object), output },
    };
    const { responses } = make({}, () => events(delta, item(1, called), item(0, said), end));
    expect(await responses.invoke("Hi")).toMatchObject({ text: "Hello", output: [said, called] });
    expect(await collected(responses.stream("Hi"))).toEqual(["Hel", "lo"]);
    const unplaced = make({}, () => events(item(undefined, said), item(undefined, called), end));
    expect(await unplaced.responses.invoke("Hi")).toMatchObject({ output: [said, called] });
    const empty = make({}, () => events(end));
    await expect(empty.responses.invoke("Hi")).rejects.toThrow("Expected ");
    await expect(collected(empty.responses.stream("Hi"))).rejects.toThrow(ResultError);
  }
});

// Servers that ignore `stream: true`
test("P52 a stream of a server that does not stream has the whole answer", async () => {
  expect(await collected(make().responses.stream("Hello"))).toEqual(["Hi"]);
  const { responses } = make({}, () => Response.json({ error: { code: "insufficient_quota" } }));
  await expect(collected(responses.stream("Hello"))).rejects.toMatchObject({ code: "quota_exceeded" });
});

test.for<[string, object, object]>([
  ["breaks off", { type: "response.output_text.delta", delta: "He" }, { code: "network_error", retryable: true }],
  [
    "fails",
    { type: "response.failed", response: { status: "failed", error: { code: "server_error" } } },
    { code: "provider_error", retryable: true },
  ],
  [
    "is filtered",
    {
      type: "response.incomplete",
      response: { status: "incomplete", incomplete_details: { reason: "content_filter" } },
    },
    { code: "invalid_result" },
  ],
  ["ends in an error", { type: "error", code: "rate_limit_exceeded" }, { code: "rate_limited", retryable: true }],
])("a stream that %s is an error", async ([, event, expected]) => {
  const { responses } = make({}, () => events(event));
  await expect(collected(responses.stream("Hi"))).rejects.toMatchObject(expected);
});

test("options are checked as those of OpenAIChat are", () => {
  expect(() => make({ model: "" })).toThrow(ArgumentError);
  expect(() => make({ max_output_tokens: 5 } as object)).toThrow(
    "Expected only known options of OpenAIResponses, got `max_output_tokens`",
  );
});

function make<Output = ResponsesResult>(
  options: Partial<OpenAIResponsesOptions<Output>> = {},
  answer: (request: SentRequest) => Response = () => responded("Hi"),
): Pick<Wire, "requests"> & { readonly responses: OpenAIResponses<Output> } {
  const { fetch, requests } = wire(answer);
  const base = { apiKey: "test-key", fetch, model: "gpt-6-luna" };
  return { requests, responses: new OpenAIResponses<Output>({ ...base, ...options }) };
}
