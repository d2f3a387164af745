import { ArgumentError } from "@batchwise/core";
import { modelBroken, wrongDimensions } from "./errors.ts";
import { huggingFaceModel } from "./hugging-face/model.ts";
import type { Model } from "./model.ts";
import type { ModelInfo, Resolved } from "./options.ts";
import { openSessions, type Sessions } from "./sessions.ts";
import type { Tokenizer } from "./tokenizers/tokenizer.ts";
import { universalSentenceEncoder, NAME } from "./universal-sentence-encoder/model.ts";

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
  const model = await findModel(options);
  const maxTokens = chooseMaxTokens(model, options.maxTokens);
  options.onStatus({ stage: "loading", model: model.name });
  const sessions = openSessions(model.network, options.threads);
  try {
    const dimensions = await probe(model, sessions);
    if (options.dimensions !== undefined && options.dimensions !== dimensions) {
      throw wrongDimensions(model.name, options.dimensions, dimensions);
    }
    const info = { name: model.name, dimensions, maxTokens, threads: options.threads };
    options.onStatus({ stage: "ready", info });
    return { info, tokenizer: model.tokenizer, sessions };
  } catch (error) {
    // The first error is the one to hear of.
    await sessions.close().catch(() => undefined);
    throw error;
  }
}

async function findModel({ model, cacheDir: cacheFolder, onStatus }: Resolved): Promise<Model> {
  if (model !== undefined) return huggingFaceModel(model);
  const onConvert = (): void => onStatus({ stage: "converting", model: NAME, folder: cacheFolder });
  return universalSentenceEncoder({ cacheFolder, onConvert });
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
