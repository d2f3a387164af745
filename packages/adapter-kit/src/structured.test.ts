import { ArgumentError, ResultError, type StandardSchema } from "@batchwise/core";
import { failureOf } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { z } from "zod";
import { defineOptions } from "./options/define-options.ts";
import { formatOf, jsonSchemaOf, readStructured, STRUCTURED } from "./structured.ts";

const person = z.object({ name: z.string() });
const bare: StandardSchema<unknown, unknown> = {
  "~standard": { version: 1, vendor: "own", validate: (value) => ({ value }) },
};
const own = (schema: StandardSchema, jsonSchema?: object): object => jsonSchema ?? jsonSchemaOf(schema);

test("the format is the schema's own JSON Schema, or the one that is given; there is none without a schema", () => {
  expect(formatOf({ schema: person }, own)).toMatchObject({ properties: { name: { type: "string" } } });
  expect(formatOf({ schema: bare, jsonSchema: { type: "object" } }, own)).toEqual({ type: "object" });
  expect(formatOf({}, own)).toBeUndefined();
});

// earendil-works/pi#8943, NousResearch/hermes-agent#55314: ids of 64 bits came out rounded.
test("P52 an integer whose digits a number loses is an error, and no other number is", async () => {
  const refused = ['{"id":9007199254740993}', '```json\n{"ids":[1,-12345678901234567890]}\n```'];
  for (const text of refused) {
    const error = await failureOf(readStructured(bare, text));
    expect([ResultError.isInstance(error), String(error)]).toEqual([true, expect.stringContaining("beyond 2^53")]);
  }
  const taken =
    '{"id":"9007199254740993","most":9007199254740991,"even":9007199254740992,"real":0.12345678901234567,"large":1e300}';
  expect(await readStructured(bare, taken)).toEqual(JSON.parse(taken));
});

test.for([{ schema: bare }, { schema: z.date() }, { jsonSchema: {} }])(
  "%o can't be sent, and is refused",
  (options) => {
    expect(() => formatOf(options, own)).toThrow(ArgumentError);
  },
);

test("the options are held against what they are", () => {
  const options = defineOptions("Tern", STRUCTURED);
  expect(() => options.check({ schema: person, jsonSchema: {} })).not.toThrow();
  expect(() => options.check({ schema: {} })).toThrow("`schema` to be a Standard Schema");
  expect(() => options.check({ jsonSchema: "{}" })).toThrow("`jsonSchema` to be a JSON Schema");
});

test("L14 an output that looks like nothing is an output", async () => {
  for (const text of ["null", "0", '""', "false"]) expect(await readStructured(bare, text)).toEqual(JSON.parse(text));
});

const ADA = '{"name": "Ada", "note": "a } in ``` and \\" [quotes"}';
/** Texts as models write them where a schema was asked for: each is one whole answer. */
test.for<[string, string]>([
  // pydantic/pydantic-ai#3475, laravel/ai#754, laravel/ai#879, microsoft/autogen#6607
  ["in a code fence", `\`\`\`json\n${ADA}\n\`\`\``],
  ["in a fence without a language", `\`\`\`\n${ADA}\n\`\`\`\n`],
  ["in the first half of a fence", `\`\`\`json\n${ADA}`],
  ["in the last half of a fence", `${ADA}\n\`\`\``],
  ["in a fence of one line", `\`\`\`json ${ADA} \`\`\``],
  // langchain-ai/langchain#35530, msu-denver/bili-core#289
  ["after its thoughts", `<think>\nNot {"name": "Eve"}, but:\n</think>\n\n${ADA}`],
  ["after thoughts without a beginning", `Hm, {"name": "Eve"}?</think>${ADA}`],
  ["after thoughts and in a fence", `<think>hm</think>\n\`\`\`json\n${ADA}\n\`\`\``],
  // garrytan/gbrain#3378
  ["after a sentence", `Here's the 6" {object} that you asked for: ${ADA}`],
  ["between sentences, in a fence", `Sure [1]!\n\n\`\`\`json\n${ADA}\n\`\`\`\n\nAnything else?`],
  ["twice", `${ADA}\n${ADA}`],
  ["with a mark behind it", `${ADA}<|im_end|>`],
  // langchain-ai/langchainjs#5160, mastra-ai/mastra#8973, comet-ml/opik#2518
  ["with lines' ends in a text", '{"name": "Ada", "note": "one\ntwo\t,}"}'],
  // garrytan/gbrain#4640: drafts among the thoughts; marks of Mistral's, Seed's, Kimi's, Cohere's and OpenAI's open models
  ["after Mistral's thoughts", `[THINK]Not {"name": "Eve"}[/THINK]${ADA}`],
  ["after Seed's thoughts", `<seed:think>Not {"name": "Eve"}</seed:think>${ADA}`],
  ["after Kimi's thoughts", `◁think▷Not {"name": "Eve"}◁/think▷${ADA}`],
  ["after Cohere's thoughts", `<|START_THINKING|>Not {"name": "Eve"}<|END_THINKING|>${ADA}`],
  [
    "after gpt-oss's thoughts",
    `<|channel|>analysis<|message|>Not {"name": "Eve"}<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>${ADA}<|return|>`,
  ],
  ["after what is left of them", `analysisNot {"name": "Eve"}.assistantfinal${ADA}`],
  // Nerovix/kouhai-bot#63
  ["after its analysis", `<analysis>Not {"name": "Eve"}</analysis>\n<answer>${ADA}</answer>`],
  // llamacpp's and vLLM's readers know these: open-thoughts, MedGemma, Gemma 4; tags that prompts ask for
  [
    "after OpenThinker's thoughts",
    `<|begin_of_thought|>Not {"name": "Eve"}<|end_of_thought|><|begin_of_solution|>${ADA}`,
  ],
  ["after MedGemma's thoughts", `<unused94>thought\nNot {"name": "Eve"}<unused95>${ADA}`],
  ["after Gemma's thoughts", `<|channel>thought\nNot {"name": "Eve"}<channel|>${ADA}`],
  ["after a scratchpad", `<scratchpad>Not {"name": "Eve"}</scratchpad>${ADA}`],
  // Pythagora-io/gpt-pilot#756, mangiucugna/json_repair#19, dotnet/skills#99, ggml-org/llama.cpp#5888
  ["with Markdown's escapes", '{"name": "Ada", "a\\_note": "one \\* two \\\\_"}'],
  ["with JavaScript's escapes", String.raw`{"name": "Ada", "note": "it\'s"}`],
  ["with characters of control", '{"name": "Ada", "note": "one\u001btwo\b"}'],
  ["with comments", '{\n  // the "name"\n  "name": "Ada", /* 1 */ "url": "http://a/*b*/ // c", // last\n}'],
  ["with Python's words", '{"name": "Ada", "note": None, "good": True, "text": "None, True"}'],
  // kekzl/imp#1096 (a server's JSON mode), ducroo/SICTIC-AI#37
  ["with a comma behind its last part", '```json\n{"name": "Ada", "tags": ["a", "b",],\n}\n```'],
])("P48 P52 JSON %s is read", async ([, text]) => {
  await expect(readStructured(person, text)).resolves.toMatchObject({ name: "Ada" });
});

test("P52 what is mended keeps its texts as they are", async () => {
  const text = 'He said: "{"note": "a ,} b\nc", "tags": [",]",],}';
  await expect(readStructured(bare, text)).resolves.toEqual({ note: "a ,} b\nc", tags: [",]"] });
  const odd = String.raw`{"a\_b": "\\_ \n \u0041 \* // None", "url": "http://a/*b*/", /* "x": 1, */ "none": None,}`;
  const value = { a_b: "\\_ \n A * // None", url: "http://a/*b*/", none: null };
  await expect(readStructured(bare, odd)).resolves.toEqual(value);
  // Whether one backslash or none is meant cannot be told.
  await expect(readStructured(bare, String.raw`{"path": "C:\users\d"}`)).rejects.toThrow(ResultError);
});

// modelscope/ms-agent#652, mscraftsman/generative-ai#80
test("P52 JSON that was written as a text within JSON is read, where the schema does not take the text", async () => {
  await expect(readStructured(person, JSON.stringify(ADA))).resolves.toMatchObject({ name: "Ada" });
  await expect(readStructured(person, JSON.stringify(`\`\`\`json\n${ADA}\n\`\`\``))).resolves.toMatchObject({
    name: "Ada",
  });
  await expect(readStructured(bare, JSON.stringify(ADA))).resolves.toBe(ADA);
});

/**
 * browserbase/stagehand#1986 ($PARAMETER_NAME), spinje/pflow#598 (LiteLLM's json_tool_call), anthropics/claude-agent-sdk-python#502
 * and #374 (a text in it), phenobarbital/ai-parrot#338.
 */
test.for<[string, unknown]>([
  ["in an object of its own", { json_tool_call: JSON.parse(ADA) }],
  ["as a text in one", { response: ADA }],
  ["in a list of its own", [JSON.parse(ADA)]],
])("P52 JSON %s is read, where the schema does not take what is around it", async ([, around]) => {
  await expect(readStructured(person, JSON.stringify(around))).resolves.toMatchObject({ name: "Ada" });
  await expect(readStructured(bare, JSON.stringify(around))).resolves.toEqual(around);
});

test("P52 a text in an object of its own is read, and of two parts none is", async () => {
  await expect(readStructured(z.string(), '{"output":"Ada"}')).resolves.toBe("Ada");
  for (const text of [
    '{"a":{"name":"Ada"},"b":{"name":"Eve"}}',
    '[{"name":"Ada"},{"name":"Eve"}]',
    '{"of":{"a":{"name":"Ada"}}}',
  ]) {
    await expect(readStructured(person, text)).rejects.toBeInstanceOf(ResultError);
  }
});

// https://openrouter.ai/docs/api/reference/errors-and-debugging, and FastAPI's https://fastapi.tiangolo.com/tutorial/handling-errors
test("P51 what a failure holds is not the value", async () => {
  for (const name of ["error", "errors", "detail"]) {
    const failure = JSON.stringify({ [name]: { name: "RateLimit" } });
    await expect(readStructured(person, failure)).rejects.toBeInstanceOf(ResultError);
    await expect(readStructured(bare, failure)).resolves.toEqual(JSON.parse(failure));
  }
});

// NousResearch/hermes-agent#742: calls of tools that are left in the text
test("P52 the call of a tool means its arguments, where the schema does not take the call", async () => {
  const call = (given: unknown): string =>
    `<tool_call>\n${JSON.stringify({ name: "answer", arguments: given })}\n</tool_call>`;
  const ada: unknown = JSON.parse(ADA);
  await expect(readStructured(person, call(ada))).resolves.toEqual(await readStructured(person, ADA));
  await expect(readStructured(person, call(ADA))).resolves.toEqual(await readStructured(person, ADA));
  await expect(readStructured(person, call({ name: 5 }))).rejects.toBeInstanceOf(ResultError);
  await expect(readStructured(person, call(ada) + call({ name: "Eve" }))).rejects.toBeInstanceOf(ResultError);
  await expect(readStructured(bare, call(ada))).resolves.toEqual({ name: "answer", arguments: ada });
  const tool = z.object({ name: z.string(), arguments: z.unknown() });
  await expect(readStructured(tool, call(ada))).resolves.toEqual({ name: "answer", arguments: ada });
  // Without the mark it is an object as any other.
  await expect(readStructured(person, '{"name":"Ada","arguments":{"name":"Eve"}}')).resolves.toMatchObject({
    name: "Ada",
  });
});

// ollama/ollama#13519, BerriAI/litellm#7209, meta-llama/llama-models#266: Llama's calls of tools, in the text
test.for([
  '{"name":"output","parameters":{"age":36}}',
  '{"type":"function","name":"output","parameters":{"age":36}}',
  '<|python_tag|>{"name":"output","parameters":{"age":36}}<|eom_id|>',
  '[{"name":"output","arguments":"{\\"age\\":36}"}]',
  '{"id":"c","type":"function","function":{"name":"output","arguments":"{\\"age\\":36}"}}',
])("P52 a call that stands where the answer should be means its arguments: %s", async (text) => {
  const aged = z.object({ age: z.number() });
  await expect(readStructured(aged, text)).resolves.toEqual({ age: 36 });
  const beside = text.replace('"name":"output"', '"name":"output","error":"m"');
  await expect(readStructured(aged, beside)).rejects.toBeInstanceOf(ResultError);
  await expect(readStructured(aged, text + text.replace("36", "37"))).rejects.toBeInstanceOf(ResultError);
});

// vllm-project/vllm#13035: a model that writes the same over and over again
test("P52 comments that do not end, one after another, are no JSON, and no half of one is read", async () => {
  await expect(readStructured(bare, `{"a":1${",/*".repeat(100_000)}}`)).rejects.toBeInstanceOf(ResultError);
  await expect(readStructured(bare, '{"a":[1], /* }')).rejects.toBeInstanceOf(ResultError);
});

// opentargets/mira#70: 557 of 233,124 rows of OpenAI's Batch API, 539 of which have the whole in a later message
test("P52 of several messages the one that is whole is read, and of two that differ none", async () => {
  const [cut, eve] = ['{"name": "A', '{"name": "Eve"}'];
  await expect(readStructured(person, cut + ADA, [cut, ADA])).resolves.toMatchObject({ name: "Ada" });
  await expect(readStructured(person, cut + ADA + eve, [cut, ADA, eve])).rejects.toBeInstanceOf(ResultError);
});

test("P48 a number or a list in a fence is read, too", async () => {
  await expect(readStructured(bare, "```json\n42\n```")).resolves.toBe(42);
  await expect(readStructured(bare, 'Two: ["a", "b"].')).resolves.toEqual(["a", "b"]);
});

test.for<[string, string]>([
  ["cut off", '```json\n{"name": "Ada", "friend": {"name": "Eve"}'],
  ["cut off in a text", 'Here: {"friends": [{"name": "Ada"}'],
  ["cut off behind a whole one", '{"name": "Ada"} {"name": '],
  ["still thinking", '<think>Perhaps {"name": "Ada"'],
  ["in thoughts that do not end", '<think>Perhaps {"name": "Ada"}'],
  ["two that differ", 'Either {"name": "Ada"} or {"name": "Eve"}.'],
  ["within what is not JSON", '{\'who\': {"name": "Ada"}}'],
  ["nothing", ""],
  ["a fence without anything", "```json\n```"],
])("P48 P52 what may not be the answer (%s) is none", async ([, text]) => {
  await expect(readStructured(person, text)).rejects.toBeInstanceOf(ResultError);
});

test("text that is not JSON, or that the schema refuses, is a ResultError that does not quote it", async () => {
  for (const text of ["SECRET", '{"name": "SECRET', '{"name": 5, "SECRET": 1}']) {
    const error = await failureOf(readStructured(person, text));
    expect(error).toBeInstanceOf(ResultError);
    expect(error.message).not.toContain("SECRET");
  }
  expect((await failureOf(readStructured(person, '{"name": 5}'))).message).toMatch(
    /^Expected an output that the schema takes, got one that it refuses: name: /,
  );
});
