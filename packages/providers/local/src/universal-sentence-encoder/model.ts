import { cachedFile } from "../cache.ts";
import type { BuiltInOptions, Model } from "../model.ts";
import { UnigramTokenizer } from "../tokenizers/unigram.ts";
import { readVocabulary, readWeights, weightsFolder } from "./weights.ts";

export const NAME = "universal-sentence-encoder-lite";

/** The model clips texts to this many tokens itself. */
const MAX_TOKENS = 128;

/** Hash of the converted model. The conversion is exact, so this changes with encoder.ts and graph.ts alone. */
export const ONNX_SHA256 = "afdac77d6ed07e9b4f04e5ed15db3a3f5d43d46da3075f2d0952c5a93a42be8d";

/** The Universal Sentence Encoder Lite, converted to ONNX into the cache folder where it is not there yet. */
export async function universalSentenceEncoder(options: BuiltInOptions): Promise<Model> {
  const folder = options.weightsFolder ?? weightsFolder();
  // First, because it is quick to find out that the package is damaged.
  const vocabulary = await readVocabulary(folder);
  const onnxFile = await cachedFile({
    folder: options.cacheFolder,
    name: `${NAME}-${ONNX_SHA256.slice(0, 12)}.onnx`,
    sha256: ONNX_SHA256,
    build: async () => {
      options.onConvert?.(NAME);
      const [weights, { encoderModel }] = await Promise.all([readWeights(folder), import("./encoder.ts")]);
      return encoderModel(weights);
    },
  });
  return {
    name: NAME,
    tokenizer: new UnigramTokenizer(vocabulary),
    maxTokens: MAX_TOKENS,
    minTokens: 1,
    network: { name: NAME, onnxFile, pooling: "mean", paddingId: 0 },
  };
}
