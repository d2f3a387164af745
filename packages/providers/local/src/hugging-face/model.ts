import { basename, resolve } from "node:path";
import { modelBroken } from "../errors.ts";
import type { Model } from "../model.ts";
import { HuggingFaceTokenizer } from "../tokenizers/hugging-face.ts";
import { firstOf, type Json, readJson } from "./files.ts";
import { poolingOf } from "./pooling.ts";

/** Files in which exports put the network; the exact one before the smaller ones. */
const ONNX_FILES = ["onnx/model.onnx", "model.onnx", "onnx/model_quantized.onnx", "model_quantized.onnx"];

/** Tokens that BERT reads; for a model whose files name no limit. */
const USUAL_MAX_TOKENS = 512;

/** Tokenizers without a limit say 1e30. */
const NO_LIMIT = 1e6;

/**
 * A sentence-embedding model in a folder laid out as on Hugging Face: an ONNX file, tokenizer.json, and where they
 * are there tokenizer_config.json, config.json, sentence_bert_config.json, modules.json and 1_Pooling/config.json.
 *
 * @throws ArgumentError when a needed file is missing, ProviderError when one is damaged.
 */
export async function huggingFaceModel(path: string): Promise<Model> {
  const folder = resolve(path);
  const tokenizerFile = await firstOf(folder, ["tokenizer.json"]);
  const [onnxFile, tokenizerJson, tokenizerConfig, sentenceConfig, config, pooling] = await Promise.all([
    firstOf(folder, ONNX_FILES),
    readJson(folder, "tokenizer.json"),
    readJson(folder, "tokenizer_config.json"),
    readJson(folder, "sentence_bert_config.json"),
    readJson(folder, "config.json"),
    poolingOf(folder),
  ]);
  const lowerCase = sentenceConfig?.["do_lower_case"] === true;
  const tokenizer = openTokenizer(tokenizerFile, tokenizerJson, tokenizerConfig ?? {}, lowerCase);
  const name = basename(folder);
  return {
    name,
    tokenizer,
    maxTokens: maxTokensOf(sentenceConfig, tokenizerConfig, config),
    minTokens: tokenizer.minTokens,
    network: {
      name,
      onnxFile,
      pooling,
      paddingId: paddingIdOf(tokenizer, tokenizerConfig, config),
    },
  };
}

function openTokenizer(file: string, json: Json | undefined, config: Json, lowerCase: boolean): HuggingFaceTokenizer {
  try {
    return new HuggingFaceTokenizer(json ?? {}, config, { lowerCase });
  } catch (error) {
    throw modelBroken(file, "a tokenizer in Hugging Face's format", "Download the model again.", error);
  }
}

/** Decides as sentence-transformers does. */
function maxTokensOf(sentence: Json | undefined, tokenizer: Json | undefined, config: Json | undefined): number {
  const own = limit(sentence?.["max_seq_length"]);
  if (own !== undefined) return own;
  const limits = [limit(tokenizer?.["model_max_length"]), limit(config?.["max_position_embeddings"])];
  const known = limits.filter((each) => each !== undefined);
  return known.length > 0 ? Math.min(...known) : USUAL_MAX_TOKENS;
}

function limit(value: unknown): number | undefined {
  return typeof value === "number" && value >= 1 && value < NO_LIMIT ? Math.floor(value) : undefined;
}

/** Padding is masked; it only has to be an id that the network knows. */
function paddingIdOf(
  tokenizer: HuggingFaceTokenizer,
  tokenizerConfig: Json | undefined,
  config: Json | undefined,
): number {
  const token = tokenizerConfig?.["pad_token"];
  const text = typeof token === "object" && token !== null ? (token as Json)["content"] : token;
  const fromConfig = config?.["pad_token_id"];
  const id = typeof text === "string" ? tokenizer.idOf(text) : undefined;
  return id ?? (typeof fromConfig === "number" ? fromConfig : 0);
}
