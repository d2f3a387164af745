import type { Buffer } from "node:buffer";

import { BodyWriter } from "../content/body-writer.ts";
import type { JsonObject } from "../content/json.ts";
import { vectorJson, type VectorEncoding } from "../content/vector-json.ts";
import { answeredBy, arrangeRows, type Row } from "../faults/arrange-rows.ts";
import type { Call, Route } from "../server/route.ts";
import { openai } from "./dialect.ts";
import { invalid, refuse } from "./errors.ts";
import { MAX_INPUT_TOKENS, MAX_INPUTS, MAX_REQUEST_TOKENS } from "./limits.ts";
import { embeddingModel, readModel } from "./models.ts";
import { modelPool, readBody, readInteger, withUsage } from "./request.ts";

/** `POST /v1/embeddings` */
export const embeddings: Route = {
  dialect: openai,
  method: "POST",
  path: "/v1/embeddings",
  limits: ["requests", "tokens"],
  poolName: modelPool,
  async plan(call) {
    const body = readBody(call);
    const model = readModel(call, body);
    const { texts, counts } = await readInput(call, body["input"]);
    const dimensions = readDimensions(call, body, model);
    const asked = call.settings.quirks.encoding ?? readEncoding(body["encoding_format"]);
    const encoding = asked === "base64" && call.settings.quirks.escapeBase64 === true ? "escaped" : asked;
    const tokens = sum(checkLengths(counts));
    const single = !Array.isArray(body["input"]);
    return {
      inputs: texts,
      tokens,
      nameInput: (position) => (single ? "input" : `input[${position}]`),
      async answer() {
        const shape = { indexed: !call.settings.quirks.omitIndex, vectors: true };
        const { rows, faults } = arrangeRows(texts.length, shape, call.settings.faults, call.dice);
        const tail = { model, ...withUsage(call, { prompt_tokens: tokens, total_tokens: tokens }) };
        return {
          body: await write(call, rows, texts, dimensions, encoding, tail),
          answered: answeredBy(rows),
          faults,
        };
      },
    };
  },
};

async function write(
  call: Call,
  rows: readonly Row[],
  texts: readonly string[],
  dimensions: number,
  encoding: VectorEncoding | "escaped",
  tail: object,
): Promise<Buffer> {
  const writer = new BodyWriter(rows.length * (dimensions * (encoding === "base64" ? 5.4 : 13) + 64) + 256);
  writer.ascii('{"object":"list","data":[');
  for (const [at, row] of rows.entries()) {
    const index = call.settings.quirks.omitIndex ? "" : `"index":${row.index},`;
    writer.ascii(`${at === 0 ? "" : ","}{"object":"embedding",${index}"embedding":`);
    writer.bytes(vectorJson(texts[row.source] as string, dimensions, encoding, row.flaw));
    writer.ascii("}");
    await call.pace.rest();
  }
  writer.ascii("],");
  writer.utf8(JSON.stringify(tail).slice(1));
  return writer.finish();
}

/** Inputs as texts, and the tokens of each. Token arrays are allowed instead of texts. */
async function readInput(call: Call, input: unknown): Promise<{ texts: string[]; counts: number[] }> {
  if (input === undefined || input === null) throw invalid("Missing required parameter: 'input'.", "input");
  const list = typeof input === "string" || isTokens(input) ? [input] : input;
  if (!Array.isArray(list) || list.length === 0) throw invalidInput();
  if (list.length > MAX_INPUTS) {
    throw invalid(
      `Invalid 'input': array too long. Expected an array with maximum length ${MAX_INPUTS}, but got an array with ` +
        `length ${list.length} instead.`,
      "input",
      "array_above_max_length",
    );
  }
  if (list.every((each) => typeof each === "string")) {
    if (list.includes("")) throw invalidInput();
    return { texts: list, counts: await call.tokens.count(list, "cl100k_base", call.pace) };
  }
  if (!list.every(isTokens)) throw invalidInput();
  return { texts: list.map((tokens) => tokens.join(",")), counts: list.map((tokens) => tokens.length) };
}

function isTokens(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => Number.isInteger(each) && each >= 0);
}

function invalidInput(): Error {
  return invalid("'$.input' is invalid. Please check the API reference.");
}

function checkLengths(counts: readonly number[]): readonly number[] {
  const longest = Math.max(...counts);
  if (longest > MAX_INPUT_TOKENS) {
    throw invalid(
      `This model's maximum context length is ${MAX_INPUT_TOKENS} tokens, however you requested ${longest} tokens. ` +
        `Please reduce your prompt.`,
    );
  }
  const total = sum(counts);
  if (total > MAX_REQUEST_TOKENS) {
    throw refuse(400, {
      message: `Requested ${total} tokens, max ${MAX_REQUEST_TOKENS} tokens per request`,
      type: "max_tokens_per_request",
      code: "max_tokens_per_request",
    });
  }
  return counts;
}

function readDimensions(call: Call, body: JsonObject, name: string): number {
  const model = embeddingModel(name);
  const asked = readInteger(body, "dimensions", 1, model.mostDimensions);
  if (asked !== undefined && !model.shortens)
    throw invalid("This model does not support specifying dimensions.", "dimensions");
  return asked ?? call.settings.dimensions ?? model.dimensions;
}

function readEncoding(format: unknown): VectorEncoding {
  if (format === undefined || format === null || format === "float") return "float";
  if (format === "base64") return "base64";
  throw invalid("Invalid 'encoding_format': expected 'float' or 'base64'.", "encoding_format", "invalid_value");
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
