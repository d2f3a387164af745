import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArgumentError, BatchwiseError, InputError, ProviderError, ResultError } from "@batchwise/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LocalEmbeddings, type LocalEmbeddingsOptions } from "../index.ts";
import { TOKENIZER, TOKENS, type TinyModelOptions, writeTinyModel } from "../fixtures/tiny-model.ts";

// A safeguard, not a measure: threads and processes start here, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "batchwise-model-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function embed(texts: string[], tiny: TinyModelOptions, options: LocalEmbeddingsOptions = {}) {
  await writeTinyModel(folder, tiny);
  await using embeddings = new LocalEmbeddings({ model: folder, threads: 0, ...options });
  return await embeddings.invokeMany(texts);
}

/** The vector of length 1 in the direction of the tokens' mean. */
function mean(...tokens: string[]): Float32Array {
  const sum = [0, 1, 2].map((axis) => tokens.reduce((each, token) => each + TOKENS[token]![axis]!, 0));
  return Float32Array.from(sum, (value) => value / Math.hypot(...sum));
}

/** Numbers that compare, of vectors that came through. */
function rounded(vectors: readonly (Float32Array | Error)[]): number[][] {
  return vectors.map((vector) => {
    if (vector instanceof Error) throw vector;
    return Array.from(vector, (value) => Number(value.toFixed(5)));
  });
}

const TEXTS = ["Cats", "dog bird cat", "unheard"];
const MEANS = [
  mean("[CLS]", "cat", "##s", "[SEP]"),
  mean("[CLS]", "dog", "bird", "cat", "[SEP]"),
  mean("[CLS]", "[UNK]", "[SEP]"),
];
const modules = (...steps: [type: string, path: string][]) =>
  steps.map(([type, path], idx) => ({
    idx,
    name: String(idx),
    path,
    type: `sentence_transformers.models.${type}`,
  }));

test("without sentence-transformers' files the mean of all tokens is taken", async () => {
  expect(rounded(await embed(TEXTS, {}))).toEqual(rounded(MEANS));
});

test.for<[string, object]>([
  ["mean", { pooling_mode_mean_tokens: true, pooling_mode_cls_token: false, include_prompt: true }],
  ["mean, as newer files spell it", { pooling_mode: "mean" }],
  ["mean by the square root, the same after normalizing", { pooling_mode_mean_sqrt_len_tokens: true }],
])("pooling: %s", async ([, config]) => {
  expect(rounded(await embed(TEXTS, { files: { "1_Pooling/config.json": config } }))).toEqual(rounded(MEANS));
});

test("pooling: the first token", async () => {
  const files = {
    "1_Pooling/config.json": { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false },
  };
  expect(rounded(await embed(TEXTS, { files }))).toEqual(rounded([mean("[CLS]"), mean("[CLS]"), mean("[CLS]")]));
});

test("pooling: the last token, where modules.json says it is", async () => {
  const files = {
    "modules.json": modules(["Transformer", ""], ["Pooling", "pool"], ["Normalize", "2_Normalize"]),
    "pool/config.json": { pooling_mode_lasttoken: true },
    "1_Pooling/config.json": { pooling_mode_cls_token: true },
  };
  expect(rounded(await embed(TEXTS, { files }))).toEqual(rounded([mean("[SEP]"), mean("[SEP]"), mean("[SEP]")]));
});

test("a sentence vector of the network's own is taken as it is, whatever pooling the files name", async () => {
  const files = { "1_Pooling/config.json": { pooling_mode_max_tokens: true } };
  const largest = Math.hypot(4, 4, 4);
  expect(rounded(await embed(["dog bird cat"], { output: "sentence_embedding", files }))).toEqual(
    rounded([Float32Array.of(4 / largest, 4 / largest, 4 / largest)]),
  );
});

test.for<[string, TinyModelOptions]>([
  ["token_type_ids", { inputs: ["input_ids", "attention_mask", "token_type_ids"] }],
  ["int32 inputs", { inputType: "int32" }],
  ["no mask", { inputs: ["input_ids"] }],
  ["token_embeddings", { output: "token_embeddings" }],
  ["an output of three axes under any name", { output: "something_else" }],
  ["model.onnx beside the tokenizer", { onnxFile: "model.onnx" }],
  ["a quantised model alone", { onnxFile: "onnx/model_quantized.onnx" }],
])("takes %s", async ([, tiny]) => {
  expect(rounded(await embed(TEXTS, tiny))).toEqual(rounded(MEANS));
});

test("a cut text keeps its special tokens", async () => {
  expect(rounded(await embed(["dog bird cat", "dog"], {}, { maxTokens: 4 }))).toEqual(
    rounded([mean("[CLS]", "dog", "bird", "[SEP]"), mean("[CLS]", "dog", "[SEP]")]),
  );
});

test.for<[string, Record<string, unknown>, number]>([
  [
    "sentence_bert_config.json first",
    {
      "sentence_bert_config.json": { max_seq_length: 9 },
      "tokenizer_config.json": { model_max_length: 5 },
    },
    9,
  ],
  [
    "the smaller of two",
    {
      "tokenizer_config.json": { model_max_length: 7 },
      "config.json": { max_position_embeddings: 8 },
    },
    7,
  ],
  [
    "no limit in the tokenizer",
    {
      "tokenizer_config.json": { model_max_length: 1e30 },
      "config.json": { max_position_embeddings: 8 },
    },
    8,
  ],
  ["nothing", {}, 512],
])("maxTokens of the model: %s", async ([, files, maxTokens]) => {
  await writeTinyModel(folder, { files });
  await using embeddings = new LocalEmbeddings({ model: folder, threads: 0 });
  expect(await embeddings.load()).toMatchObject({ maxTokens, dimensions: 3 });
});

test("texts are lower-cased where the model wants it", async () => {
  const cased = structuredClone(TOKENIZER) as { normalizer: object };
  cased.normalizer = { ...cased.normalizer, lowercase: false };
  const files = { "tokenizer.json": cased, "sentence_bert_config.json": { do_lower_case: true } };
  expect(rounded(await embed(TEXTS, { files }))).toEqual(rounded(MEANS));
});

test("a text without tokens and one beyond maxTokens fail alone, named by position only (P35, L6)", async () => {
  const slots = await embed(["dog", " \u0000 ", "dog bird cat", "cat"], {}, { maxTokens: 4, truncate: false });
  expect(rounded([slots[0]!, slots[3]!])).toEqual(
    rounded([mean("[CLS]", "dog", "[SEP]"), mean("[CLS]", "cat", "[SEP]")]),
  );
  expect(slots[1]).toSatisfy((error) => InputError.isInstance(error) && error.position === 1);
  expect(slots[2]).toSatisfy((error) => InputError.isInstance(error) && error.position === 2);
  expect(String(slots[1])).toMatch(/input 1 of the request to be a text with at least one token/);
  expect(String(slots[2])).toMatch(/input 2 of the request to have at most 4 tokens, got more/);
  expect(String(slots[2])).not.toMatch(/dog|bird/);
});

test("a vector that is not finite fails its own slot (L6)", async () => {
  const slots = await embed(["dog", "broken", "cat"], {});
  expect(rounded([slots[0]!, slots[2]!])).toEqual(
    rounded([mean("[CLS]", "dog", "[SEP]"), mean("[CLS]", "cat", "[SEP]")]),
  );
  expect(slots[1]).toSatisfy((error) => ResultError.isInstance(error));
  expect(String(slots[1])).toMatch(/finite numbers from the model .*, got others for this input/);
});

test("L13 an output that is not one row a text is an error for its texts, never a shift", async () => {
  const slots = await embed(["dog", "cat", "bird"], { mixesTexts: true });
  for (const slot of slots) expect(slot).toSatisfy((error) => ResultError.isInstance(error));
  expect(String(slots[0])).toMatch(/Expected an output of 3 x 3 x dimensions .*, got 1 x 3 x 3/);
});

const refused = async (options: LocalEmbeddingsOptions = {}): Promise<BatchwiseError> => {
  await using embeddings = new LocalEmbeddings({ model: folder, threads: 0, ...options });
  const error: unknown = await embeddings.load().then(
    () => expect.fail("the model was loaded"),
    (thrown: unknown) => thrown,
  );
  if (BatchwiseError.isInstance(error)) return error;
  throw error;
};

test("a missing folder", async () => {
  const error = await refused({ model: join(folder, "nowhere") });
  expect(ArgumentError.isInstance(error)).toBe(true);
  expect(error.message).toMatch(
    /Expected tokenizer\.json in .*nowhere, a folder that does not exist, got none\. Set `model`/,
  );
});

test.for(["tokenizer.json", "onnx/model.onnx"])("a folder without %s", async (name) => {
  await writeTinyModel(folder);
  await rm(join(folder, name));
  const error = await refused();
  expect(ArgumentError.isInstance(error)).toBe(true);
  expect(error.message).toContain(name);
});

test.for([0, 1])("a network that is cut short, with %i threads", async (threads) => {
  await writeTinyModel(folder);
  await truncate(join(folder, "onnx/model.onnx"), 100);
  const error = await refused({ threads });
  expect(ProviderError.isInstance(error) && !error.retryable && error.providerCode === "model_broken").toBe(true);
  expect(error.message).toMatch(
    /Expected an ONNX model that onnxruntime can load in .*model\.onnx, got something else/,
  );
  expect(error.cause).toBeInstanceOf(Error);
});

test.for<[string, TinyModelOptions, RegExp]>([
  [
    "tokenizer.json that is no JSON",
    { files: { "tokenizer.json": "{" } },
    /Expected JSON in .*tokenizer\.json, got something else/,
  ],
  [
    "tokenizer.json of another kind",
    { files: { "tokenizer.json": { model: { type: "Runes" } } } },
    /Expected a tokenizer in Hugging Face's format/,
  ],
  [
    "an input that is not known",
    { inputs: ["input_ids", "pixel_values"] },
    /inputs among input_ids.*, got pixel_values/,
  ],
  ["no input_ids", { inputs: ["attention_mask"] }, /Expected an input named input_ids/],
  [
    "max pooling",
    { files: { "1_Pooling/config.json": { pooling_mode_max_tokens: true } } },
    /got the pooling max_tokens \(1_Pooling\/config\.json\)/,
  ],
  [
    "two poolings",
    {
      files: {
        "1_Pooling/config.json": { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true },
      },
    },
    /the pooling cls_token \+ mean_tokens/,
  ],
  [
    "a further layer",
    {
      files: {
        "modules.json": modules(["Transformer", ""], ["Pooling", "1_Pooling"], ["Dense", "2_Dense"]),
      },
    },
    /the step Dense \(modules\.json\)/,
  ],
])("%s", async ([, tiny, message]) => {
  await writeTinyModel(folder, tiny);
  const error = await refused();
  expect(ProviderError.isInstance(error)).toBe(true);
  expect(error.message).toMatch(message);
});

test("wrong dimensions", async () => {
  await writeTinyModel(folder);
  const error = await refused({ dimensions: 384 });
  expect(ArgumentError.isInstance(error)).toBe(true);
  expect(error.message).toMatch(/Expected vectors of 384 dimensions .*got 3 from .*\. Set `dimensions` to 3/);
});

test.for([2, 513])("maxTokens of %i, when the model reads 3 to 512", async (maxTokens) => {
  await writeTinyModel(folder);
  const error = await refused({ maxTokens });
  expect(ArgumentError.isInstance(error)).toBe(true);
  expect(error.message).toMatch(/Expected `maxTokens` from 3 to 512/);
});

test("a load that failed is tried again", async () => {
  await using embeddings = new LocalEmbeddings({ model: folder, threads: 0 });
  await expect(embeddings.load()).rejects.toThrow(/tokenizer\.json/);
  await writeTinyModel(folder);
  expect(await embeddings.load()).toMatchObject({ dimensions: 3 });
});
