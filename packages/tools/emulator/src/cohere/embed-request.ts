import { isObject, type JsonObject } from "../content/json.ts";
import type { QuantizedType } from "../content/quantize.ts";
import type { VectorEncoding } from "../content/vector-json.ts";
import type { Call } from "../server/route.ts";
import { invalid } from "./errors.ts";
import { CONTEXT_TOKENS, MAX_TEXTS, OUTPUT_DIMENSIONS } from "./limits.ts";
import { readBody, readCount, readModel, readTexts, readWord } from "./request.ts";

/** Types of embeddings. */
type EmbeddingType = VectorEncoding | QuantizedType;

/** Request to embed. */
export interface EmbedRequest {
  readonly model: string;
  /** Inputs of any kind, as texts. */
  readonly texts: readonly string[];
  readonly kind: Kind;
  readonly types: readonly EmbeddingType[];
  readonly dimensions: number;
  /** Billed tokens. */
  readonly tokens: number;
}

type Kind = (typeof KINDS)[number];

const KINDS = ["texts", "images", "inputs"] as const;
const INPUT_TYPES = ["search_document", "search_query", "classification", "clustering", "image"] as const;
const TYPES: readonly EmbeddingType[] = ["float", "int8", "uint8", "binary", "ubinary", "base64"];
/** Tokens of an image here; the real number depends on its size. */
const IMAGE_TOKENS = 1000;
/** Models before v4, with vectors of a fixed length and a short context. */
const OLD_MODEL = /v[23]\.0/;

/** Reads a request to embed. @throws Refusal */
export async function readEmbedRequest(call: Call): Promise<EmbedRequest> {
  const body = readBody(call);
  const model = readModel(call, body);
  const inputType = readWord(call, body["input_type"], "input_type", INPUT_TYPES);
  if (inputType === undefined) throw invalid("input_type is required", call.id);
  const types = readTypes(call, body["embedding_types"]);
  const dimensions = readDimensions(call, body["output_dimension"], model);
  const { texts, kind } = readInputs(call, body);
  const tokens = kind === "images" ? texts.length * IMAGE_TOKENS : await countTokens(call, body, model, texts, kind);
  return { model, texts, kind, types, dimensions, tokens };
}

function readTypes(call: Call, value: unknown): readonly EmbeddingType[] {
  if (value === undefined || value === null) return ["float"];
  if (!Array.isArray(value) || value.length === 0) throw invalid("embedding_types must be a list", call.id);
  return value.map((each) => readWord(call, each, "embedding_types", TYPES) ?? "float");
}

function readDimensions(call: Call, asked: unknown, model: string): number {
  const isOld = OLD_MODEL.test(model);
  if (asked !== undefined && asked !== null) {
    if (!OUTPUT_DIMENSIONS.includes(asked))
      throw invalid(`output_dimension must be one of ${OUTPUT_DIMENSIONS.join(", ")}`, call.id);
    if (isOld) throw invalid(`output_dimension is not supported by ${model}`, call.id);
    return asked as number;
  }
  if (call.settings.dimensions !== undefined) return call.settings.dimensions;
  if (!isOld) return 1536;
  return model.includes("light") ? 384 : 1024;
}

function readInputs(call: Call, body: JsonObject): Pick<EmbedRequest, "texts" | "kind"> {
  const [kind, another] = KINDS.filter((name) => body[name] !== undefined && body[name] !== null);
  if (kind === undefined || another !== undefined)
    throw invalid("exactly one of texts, images and inputs is required", call.id);
  if (kind === "inputs") return { texts: readMixed(call, body[kind]), kind };
  const texts = readTexts(call, body[kind], kind, MAX_TEXTS);
  const empty = texts.indexOf("");
  if (empty !== -1) throw invalid(`${kind}[${empty}] must not be empty`, call.id);
  return { texts, kind };
}

/** Inputs of several parts, each as one text. */
function readMixed(call: Call, inputs: unknown): readonly string[] {
  if (!Array.isArray(inputs) || inputs.length === 0) throw invalid("inputs must be a list that is not empty", call.id);
  if (inputs.length > MAX_TEXTS)
    throw invalid(`total number of inputs must be at most ${MAX_TEXTS} - received ${inputs.length}`, call.id);
  return inputs.map((input: unknown) => {
    const parts = isObject(input) ? input["content"] : undefined;
    if (!Array.isArray(parts) || parts.length === 0) throw invalid("each of inputs must have a content", call.id);
    return parts.map(textOfPart).join("\n");
  });
}

/** Text of one part: a single text is the same input as that text in `texts`. */
function textOfPart(part: unknown): string {
  const { text, image_url: image } = isObject(part) ? part : {};
  return typeof text === "string" ? text : JSON.stringify(image ?? part);
}

async function countTokens(
  call: Call,
  body: JsonObject,
  model: string,
  texts: readonly string[],
  kind: Kind,
): Promise<number> {
  const context = OLD_MODEL.test(model) ? CONTEXT_TOKENS.v3 : CONTEXT_TOKENS.v4;
  const longest = Math.min(readCount(call, body["max_tokens"], "max_tokens") ?? Infinity, context);
  const truncate = readWord(call, body["truncate"], "truncate", ["NONE", "START", "END"]) ?? "END";
  const counts = await call.tokens.count(texts, "cl100k_base", call.pace);
  const overlong = counts.findIndex((count) => count > longest);
  if (truncate === "NONE" && overlong !== -1)
    throw invalid(`too many tokens: ${kind}[${overlong}] must be at most ${longest} tokens long`, call.id);
  return counts.reduce((sum, count) => sum + Math.min(count, longest), 0);
}
