import { type CallReport, InputError, ResultError } from "@batchwise/core";
import { expect, test } from "vitest";
import { refusedWith, type SentRequest, wire, type Wire } from "./fixtures/wire.ts";
import { OpenAIModeration, type OpenAIModerationOptions } from "./index.ts";

const result = (flagged: boolean): object => ({
  flagged,
  categories: { hate: flagged },
  category_scores: { hate: 0.5 },
});
const moderated = ({ body }: SentRequest): Response =>
  Response.json({ id: "modr-1", model: body.model, results: body.input.map((text: string) => result(text === "bad")) });

test("the wire: one request for many texts, results in their order", async () => {
  const { moderation, requests } = make();
  expect(await moderation.invokeMany(["good", "bad"])).toEqual([result(false), result(true)]);
  expect(requests[0]!.url).toBe("https://api.openai.com/v1/moderations");
  expect(requests[0]!.body).toMatchInlineSnapshot(`
    {
      "input": [
        "good",
        "bad",
      ],
      "model": "omni-moderation-latest",
    }
  `);
});

test("the model reaches the wire; a single text does too", async () => {
  const { moderation, requests } = make({ model: "omni-moderation-2024-09-26" });
  expect(await moderation.invoke("bad")).toEqual(result(true));
  expect(requests[0]!.body).toEqual({ input: ["bad"], model: "omni-moderation-2024-09-26" });
  await expect(moderation.invoke("")).rejects.toThrow(InputError);
});

test("requests are small by default, and it costs nothing", () => {
  const { settings } = make().moderation;
  expect(settings).toMatchObject({
    request: { maxInputs: 32, maxTokens: 10_000 },
    maxConcurrency: 64,
    price: { perMillionInputTokens: 0 },
  });
  expect(make({ request: { maxInputs: 5 } }).moderation.settings.request).toEqual({ maxInputs: 5, maxTokens: 10_000 });
  expect(settings.weigh!("héllo")).toEqual({ tokens: 6, outputTokens: 0 });
  expect(() => settings.weigh!(undefined as unknown as string)).toThrow(InputError);
});

test("L6 an empty text fails alone; where nothing is left there is no call", async () => {
  const { moderation, requests } = make();
  expect(await moderation.invokeMany(["", "bad"])).toEqual([expect.any(InputError), result(true)]);
  expect(requests.map(({ body }) => body.input)).toEqual([["bad"]]);
  const reports: CallReport[] = [];
  expect(await moderation.invokeMany([""], { report: (report) => reports.push(report) })).toHaveLength(1);
  expect([requests.length, reports]).toEqual([1, [{ usage: { inputTokens: 0 } }]]);
});

test.for([
  ["too few", [result(false)]],
  ["too many", [result(false), result(false), result(false)]],
  ["no list", { 0: result(false) }],
])("P6 L13 %s results are of no use", async ([, results]) => {
  const slots = await make({}, () => Response.json({ results })).moderation.invokeMany(["a", "b"]);
  expect(slots).toEqual([expect.any(ResultError), expect.any(ResultError)]);
});

test.for([null, {}, { flagged: "no" }, { flagged: true }, { flagged: true, categories: {} }])(
  "L13 a result that is none (%j) fails its own text",
  async (broken) => {
    const { moderation } = make({}, () => Response.json({ results: [result(true), broken] }));
    expect(await moderation.invokeMany(["a", "b"])).toEqual([result(true), expect.any(ResultError)]);
  },
);

test("P36 a text that spoils a request fails alone, where the error names it in one more request", async () => {
  const { moderation, requests } = make({}, (request) => {
    const at = request.body.input.indexOf("spoilt");
    return at < 0 ? moderated(request) : refusedWith(400, { param: `input[${at}]` });
  });
  const slots = await moderation.batch(["a", "b", "spoilt", "bad"], { returnExceptions: true });
  expect(slots).toEqual([result(false), result(false), expect.any(Error), result(true)]);
  expect(requests.length).toBeLessThanOrEqual(3);
});

function make(
  options: OpenAIModerationOptions = {},
  answer: (request: SentRequest) => Response = moderated,
): Pick<Wire, "requests"> & { readonly moderation: OpenAIModeration } {
  const { fetch, requests } = wire(answer);
  return { requests, moderation: new OpenAIModeration({ apiKey: "test-key", fetch, ...options }) };
}

// https://docs.mistral.ai/capabilities/guardrailing, https://docs.langchain4j.dev: MistralAiModerationResult
test("P52 a moderation without `flagged` is flagged where one of its categories is", async () => {
  const results = [{ hate: false, pii: true }, { hate: false }, {}].map((categories) => ({
    categories,
    category_scores: { hate: 0.1 },
  }));
  const { fetch } = wire(() => Response.json({ results }));
  const moderation = new OpenAIModeration({ model: "mistral-moderation-latest", apiKey: "key", fetch });
  const [flagged, clean, none] = await moderation.invokeMany(["a", "b", "c"]);
  expect([flagged, clean]).toMatchObject([{ flagged: true, categories: { pii: true } }, { flagged: false }]);
  expect(none).toBeInstanceOf(ResultError);
});
