import { cachedFile } from "../cache.ts";
import type { BuiltInOptions, Model } from "../model.ts";
import { HuggingFaceTokenizer } from "../tokenizers/hugging-face.ts";
import { expected } from "./expected.ts";
import { readTokenizer, readWeights, weightsFolder } from "./weights.ts";

/** It was made to read so many; the network's table of positions has 512. */
const MAX_TOKENS = 256;

/** Hashes of the converted model. The conversion is exact, so these change with encoder.ts, int8.ts and graph.ts alone. */
export const ONNX_SHA256 = {
  int8: "1c3b2012241272cb121ef1a2633f4ad77edf8993e2f1841891658307ad39d339",
  fp32: "894cba882648dde125092c8672d308f1daee3be89599a4d70fbdb38b9b5a87f6",
} as const;

/**
 * all-MiniLM-L6-v2 in whole numbers of 8 bits, more than twice as fast. A processor that computes them wrongly gets
 * the exact model instead: products of bytes overflow where AVX2 is all that there is.
 */
export async function allMiniLM(options: BuiltInOptions): Promise<Model> {
  const model = await converted("int8", options);
  return { ...model, proof: { ...expected, otherwise: () => allMiniLMExactly(options) } };
}

/** all-MiniLM-L6-v2 in real numbers of 32 bits. */
export async function allMiniLMExactly(options: BuiltInOptions): Promise<Model> {
  return converted("fp32", options);
}

/** The model, converted to ONNX into the cache folder where it is not there yet. */
async function converted(precision: "int8" | "fp32", options: BuiltInOptions): Promise<Model> {
  const name = `all-MiniLM-L6-v2-${precision}`;
  const sha256 = ONNX_SHA256[precision];
  const folder = options.weightsFolder ?? (await weightsFolder());
  // First, because it is quick to find out that the package is damaged.
  const tokenizer = new HuggingFaceTokenizer(await readTokenizer(folder), {});
  const onnxFile = await cachedFile({
    folder: options.cacheFolder,
    name: `${name}-${sha256.slice(0, 12)}.onnx`,
    sha256,
    build: async () => {
      options.onConvert?.(name);
      // Imported here, with the writer of ONNX files, because it is needed once.
      const [{ encoderModel, exactly }, { int8 }] = await Promise.all([import("./encoder.ts"), import("./int8.ts")]);
      return encoderModel(await readWeights(folder), precision === "int8" ? int8 : exactly);
    },
  });
  return {
    name,
    tokenizer,
    maxTokens: MAX_TOKENS,
    minTokens: tokenizer.minTokens,
    network: { name, onnxFile, pooling: "mean", paddingId: 0 },
  };
}
