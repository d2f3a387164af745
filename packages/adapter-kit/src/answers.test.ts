import { expect, test } from "vitest";
import { endIn, faultIn, isCut, isFiltered, isGivenUp, isOtherAnswer, textOf } from "./answers.ts";
import type { Dialect } from "./errors/dialect.ts";

const TERN: Dialect = { provider: "Tern" };

test("P52 the text of a message is its content, or that of its parts; thoughts alone are none", () => {
  const thought = { type: "thinking", thinking: "hm" };
  const parts = [thought, { type: "text", text: "a" }, null, { type: "text", text: "b" }];
  expect([textOf("a"), textOf(""), textOf(parts), textOf([{ type: "text", text: "" }])]).toEqual(["a", "", "ab", ""]);
  expect([textOf([]), textOf([thought]), textOf(null)]).toEqual([undefined, undefined, undefined]);
  expect(textOf({ type: "text", text: "a" })).toBe("a");
});

// cloudflare/ai#651: "[1]" came as "[]", and "$0.005" as "$"
test("P52 a number where a text should be is its text", () => {
  expect([textOf(6), textOf(["[", 1, "]"]), textOf({}), textOf(false)]).toEqual(["6", "[1]", undefined, undefined]);
});

/** The words of servers for how an answer ended. */
test.for<[string, string, readonly string[]]>([
  // vllm-project/vllm's `abort`; documentation of OpenRouter, Cohere, DeepSeek and z.AI; kekzl/imp#1590;
  // tinyhumansai/opencompany#1779; Google's, in either of its endpoints
  [
    "is given up",
    "given up",
    [
      "error",
      "ERROR",
      "server_error",
      "network_error",
      "TIMEOUT",
      "abort",
      "cancelled",
      "failed",
      "capacity",
      "insufficient_system_resource",
      // Cohere's and Bedrock's older words
      "ERROR_LIMIT",
      "USER_CANCEL",
      "MALFORMED_FUNCTION_CALL",
      "function_call_filter: MALFORMED_FUNCTION_CALL",
      // https://ai.google.dev/api/generate-content#FinishReason; https://cloud.ibm.com/apidocs/watsonx-ai
      "OTHER",
      "UNEXPECTED_TOOL_CALL",
      "TOO_MANY_TOOL_CALLS",
      "MISSING_THOUGHT_SIGNATURE",
      "function_call_filter: UNEXPECTED_TOOL_CALL",
      "time_limit",
      "engine_overloaded",
      "request_aborted",
    ],
  ],
  // HKUDS/Vibe-Trading#308, NousResearch/hermes-agent#63263
  [
    "is held back",
    "filtered",
    [
      "content_filter",
      "content_filter: RECITATION",
      "sensitive",
      "SAFETY",
      "PROHIBITED_CONTENT",
      "SPII",
      "IMAGE_SAFETY",
      // GigaChat's, Cohere's, and of a model itself (OpenRouter)
      "blacklist",
      "ERROR_TOXIC",
      // Google's, Vertex AI's; words of gateways
      "LANGUAGE",
      "MODEL_ARMOR",
      "content-filter",
      "content_policy_violation",
      "guardrails",
      "refusal",
    ],
  ],
  // The last is reported of Xiaomi's models, which stop where they repeat themselves.
  [
    "is cut",
    "cut",
    [
      "length",
      "MAX_TOKENS",
      "max_tokens",
      "max_output_tokens",
      "model_length",
      "model_context_window_exceeded",
      "repetition_truncation",
      // watsonx's, and those of gateways for the error of the same name
      "token_limit",
      "max_new_tokens",
      "context_length_exceeded",
      "max_length",
      "truncated",
    ],
  ],
  [
    "ends as it should",
    "",
    ["stop", "STOP", "tool_calls", "function_call", "eos", "end_turn", "COMPLETE", "other", ""],
  ],
])("P51 an answer %s by these words", ([, expected, words]) => {
  const meaning = (word: unknown): string =>
    [isGivenUp(word) && "given up", isFiltered(word) && "filtered", isCut(word) && "cut"].filter(Boolean).join();
  expect(words.map((word) => [word, meaning(word)])).toEqual(words.map((word) => [word, expected]));
  expect(meaning(undefined)).toBe("");
});

// sgl-project/sglang, managers/schedule_batch.py: FINISH_ABORT, FINISH_LENGTH
test("P51 a reason in an object is its type", () => {
  const reasons = ["stop", { type: "abort", message: "m" }, { type: "length", length: 5 }, null, "", {}, 7];
  const ends = reasons.map((reason) => endIn({ finish_reason: reason }));
  expect(ends).toEqual(["stop", "abort", "length", undefined, undefined, undefined, undefined]);
});

// reVrost/go-openrouter#43, NousResearch/hermes-agent#83886: OpenRouter says that all is well, and beside it what the model says
test.for<[unknown, unknown, string | undefined]>([
  ["stop", "MALFORMED_FUNCTION_CALL", "MALFORMED_FUNCTION_CALL"],
  ["tool_calls", "MALFORMED_FUNCTION_CALL", "MALFORMED_FUNCTION_CALL"],
  ["stop", "PROHIBITED_CONTENT", "PROHIBITED_CONTENT"],
  ["stop", "MAX_TOKENS", "length"],
  [null, "error", "error"],
  ["length", "error", "length"],
  ["stop", "completed", "stop"],
  ["stop", null, "stop"],
  [null, "end_turn", undefined],
])("P51 an end of %j whose native reason is %j is %j", ([reason, native, end]) => {
  expect(endIn({ finish_reason: reason, native_finish_reason: native })).toBe(end);
});

const bodyOf = (message: object, choice: object = {}): object => ({
  choices: [{ message, finish_reason: "stop", ...choice }],
});

test.for<[string, unknown]>([
  ["a text", bodyOf({ content: "a" })],
  ["an empty text", bodyOf({ content: "" })],
  ["calls", bodyOf({ content: null, tool_calls: [{}] })],
  ["a refusal", bodyOf({ content: null, refusal: "no" })],
  // developers.openai.com/api/reference/resources/chat: a part of an assistant's content
  ["a refusal in a part", bodyOf({ content: [{ type: "refusal", refusal: "no" }] })],
  ["nothing before it was cut", bodyOf({ content: null }, { finish_reason: "length" })],
  ["vectors", { data: [] }],
  ["no object", "a text"],
])("P51 a body with %s is an answer", ([, body]) => {
  expect(faultIn(body, TERN)).toBeUndefined();
});

test.for<[string, unknown, object]>([
  // sunholo-data/ailang#842 (OpenRouter), and its documentation of errors in an answer
  ["no content", bodyOf({ content: null }), { code: "invalid_result" }],
  ["thoughts alone", bodyOf({ content: [{ type: "thinking" }] }), { code: "invalid_result" }],
  ["half a text", { ...bodyOf({ content: "ha" }), error: { code: 502 } }, { status: 502, retryable: true }],
  ["half a text in a choice", bodyOf({ content: "ha" }, { error: { code: 502 } }), { status: 502, retryable: true }],
])("P51 a body of chat completions with %s is none", ([, body, expected]) => {
  expect(faultIn(body, TERN)).toMatchObject(expected);
});

test("P48 a body with a list is the answer of an endpoint; a proxy's words have none", () => {
  expect([{ data: [] }, { model: "m", embeddings: [[1]] }].every(isOtherAnswer)).toBe(true);
  expect([{}, { message: "Starting" }, { status: { code: 1 } }, [], "<html>", null].some(isOtherAnswer)).toBe(false);
});
