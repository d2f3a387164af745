import { ArgumentError } from "@batchwise/core";
import { modelBroken, wrongDimensions } from "./errors.ts";
import { huggingFaceModel } from "./hugging-face/model.ts";
import { allMiniLM, allMiniLMExactly } from "./all-minilm-l6-v2/model.ts";
import { DEFAULT_MODEL, isBuiltIn, type ModelName } from "./built-in.ts";
import type { BuiltInOptions, Model, Proof } from "./model.ts";
import type { ModelInfo, Resolved } from "./options.ts";
import { openSessions, type Sessions } from "./sessions.ts";
import type { Tokenizer } from "./tokenizers/tokenizer.ts";
import { universalSentenceEncoder } from "./universal-sentence-encoder/model.ts";

/** A model that is ready for texts. */
export interface OpenModel {
  readonly info: ModelInfo;
  readonly tokenizer: Tokenizer;
  readonly sessions: Sessions;
}

/**
 * Finds the model's files, converts them where that is needed, starts the threads, and computes one vector to see
 * that all of it works.
 *
 * @throws ArgumentError when there is no such model or it is not what the options ask for; ProviderError when a file
 *   of it is damaged or the runtime cannot run it.
 */
export async function openModel(options: Resolved): Promise<OpenModel> {
  return openFound(await findModel(options), options);
}

/** Starts the threads of a model, or of the one to use instead where this processor computes it wrongly. */
export async function openFound(model: Model, options: Resolved): Promise<OpenModel> {
  const { threads, onStatus } = options;
  const maxTokens = chooseMaxTokens(model, options.maxTokens);
  onStatus({ stage: "loading", model: model.name });
  const sessions = openSessions(model.network, threads);
  try {
    const dimensions = await probe(model, sessions);
    if (options.dimensions !== undefined && options.dimensions !== dimensions) {
      throw wrongDimensions(model.name, options.dimensions, dimensions);
    }
    if (model.proof === undefined || (await holds(model.proof, model, sessions))) {
      const info = { name: model.name, dimensions, maxTokens, threads };
      onStatus({ stage: "ready", info });
      return { info, tokenizer: model.tokenizer, sessions };
    }
  } catch (error) {
    // The first error is the one to hear of.
    await sessions.close().catch(() => undefined);
    throw error;
  }
  await sessions.close();
  return openFound(await model.proof.otherwise(), options);
}

const BUILT_IN: Readonly<Record<ModelName, (options: BuiltInOptions) => Promise<Model>>> = {
  "universal-sentence-encoder-lite": universalSentenceEncoder,
  "all-MiniLM-L6-v2": allMiniLM,
  "all-MiniLM-L6-v2-fp32": allMiniLMExactly,
};

async function findModel({ model: wanted = DEFAULT_MODEL, cacheDir: cacheFolder, onStatus }: Resolved): Promise<Model> {
  if (!isBuiltIn(wanted)) return huggingFaceModel(wanted);
  return BUILT_IN[wanted]({
    cacheFolder,
    onConvert: (model) => onStatus({ stage: "converting", model, folder: cacheFolder }),
  });
}

function chooseMaxTokens(model: Model, wanted: number | undefined): number {
  if (wanted === undefined) return model.maxTokens;
  if (wanted >= model.minTokens && wanted <= model.maxTokens) return wanted;
  throw new ArgumentError(
    `Expected \`maxTokens\` from ${model.minTokens} to ${model.maxTokens} for the model ${model.name}, ` +
      `got ${wanted}. Correct it or leave it out.`,
  );
}

/** Embeds one short text, and says how long its vector is. */
async function probe(model: Model, sessions: Sessions): Promise<number> {
  const { ids } = model.tokenizer.encode("a", model.maxTokens);
  const [vector] = await sessions.run([{ ids, lengths: Int32Array.of(ids.length) }], undefined);
  if (vector instanceof Error) throw vector;
  if (vector === undefined || vector.length === 0) {
    const advice = "Export the model again.";
    throw modelBroken(model.network.onnxFile, "a vector for one short text", advice, undefined, "none");
  }
  return vector.length;
}

/** Cosine from which two vectors are the same but for rounding. */
const SAME = 0.999;

/** Tells whether this processor computes the vectors that the model is known to give. */
async function holds({ texts, vectors }: Proof, { tokenizer, maxTokens }: Model, sessions: Sessions): Promise<boolean> {
  const batches = texts.map((text) => {
    const { ids } = tokenizer.encode(text, maxTokens);
    return { ids, lengths: Int32Array.of(ids.length) };
  });
  const outcomes = await sessions.run(batches, undefined);
  return outcomes.every((outcome, index) => {
    if (outcome instanceof Error) throw outcome;
    return cosine(outcome, vectors[index]!) >= SAME;
  });
}

function cosine(unit: Float32Array, other: ArrayLike<number>): number {
  const numbers = Float64Array.from(other);
  return unit.reduce((sum, value, index) => sum + value * numbers[index]!, 0) / Math.hypot(...numbers);
}
