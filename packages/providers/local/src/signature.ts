import type { InferenceSession } from "onnxruntime-node";
import { modelBroken } from "./errors.ts";
import type { Network } from "./model.ts";
import type { Pooling } from "./pooling.ts";

/** Texts as token ids, one after another. */
export interface TokenBatch {
  readonly ids: Int32Array;
  /** Number of `ids` that belong to each text; each at least 1. */
  readonly lengths: Int32Array;
}

/** Inputs of a network, and the output that is used. */
export interface Signature {
  readonly inputs: readonly Input[];
  readonly output: Output;
}

/** One input: texts x padded length, whole numbers. */
interface Input {
  readonly name: string;
  readonly type: "int32" | "int64";
  readonly fill: (batch: TokenBatch, paddedLength: number, paddingId: number) => Int32Array;
}

/** Vectors of whole texts (texts x dimensions), or of their tokens (texts x padded length x dimensions). */
type Output =
  | { readonly kind: "sentences"; readonly name: string }
  | { readonly kind: "tokens"; readonly name: string; readonly pooling: Pooling };

/** @throws ProviderError when the network takes what is not known here, or gives no vectors. */
export function signatureOf(session: InferenceSession, network: Network): Signature {
  return { inputs: inputsOf(session, network), output: outputOf(session, network) };
}

/** Data for the inputs of sentence-embedding models, by name. */
const FILLS: Readonly<Record<string, Input["fill"]>> = {
  input_ids: (batch, paddedLength, paddingId) => {
    const padded = new Int32Array(batch.lengths.length * paddedLength).fill(paddingId);
    let offset = 0;
    for (const [row, length] of batch.lengths.entries()) {
      padded.set(batch.ids.subarray(offset, offset + length), row * paddedLength);
      offset += length;
    }
    return padded;
  },
  attention_mask: (batch, paddedLength) => {
    const mask = new Int32Array(batch.lengths.length * paddedLength);
    for (const [row, length] of batch.lengths.entries()) mask.fill(1, row * paddedLength, row * paddedLength + length);
    return mask;
  },
  token_type_ids: (batch, paddedLength) => new Int32Array(batch.lengths.length * paddedLength),
};

const EXPORT_ADVICE = 'Export it for "feature-extraction" or "sentence-similarity".';

function inputsOf({ inputMetadata }: InferenceSession, { onnxFile }: Network): Input[] {
  const inputs = inputMetadata.map((each): Input => {
    const type = each.isTensor ? each.type : undefined;
    const fill = Object.hasOwn(FILLS, each.name) ? FILLS[each.name] : undefined;
    if (fill === undefined || (type !== "int64" && type !== "int32")) {
      const expected = `whole-number inputs among ${Object.keys(FILLS).join(", ")}`;
      throw modelBroken(onnxFile, expected, EXPORT_ADVICE, undefined, each.name);
    }
    return { name: each.name, type, fill };
  });
  if (inputs.some(({ name }) => name === "input_ids")) return inputs;
  throw modelBroken(onnxFile, "an input named input_ids", EXPORT_ADVICE);
}

/** A sentence vector where the network gives one, else its token vectors, which are pooled here. */
function outputOf({ outputMetadata }: InferenceSession, { onnxFile, pooling }: Network): Output {
  const outputs = outputMetadata.flatMap((each) => (each.isTensor && each.type === "float32" ? [each] : []));
  const named = (...names: string[]): string | undefined => outputs.find((each) => names.includes(each.name))?.name;
  const sentences = named("sentence_embedding", "sentence_embeddings");
  if (sentences !== undefined) return { kind: "sentences", name: sentences };

  const tokens =
    named("last_hidden_state", "token_embeddings") ?? outputs.find((each) => each.shape.length === 3)?.name;
  if (tokens === undefined) {
    const expected = "a float32 output sentence_embedding, last_hidden_state or token_embeddings";
    throw modelBroken(onnxFile, expected, EXPORT_ADVICE);
  }
  if (typeof pooling === "string") return { kind: "tokens", name: tokens, pooling };
  const expected = "mean, cls or last-token pooling of its token vectors";
  const advice = "Export it with its pooling, as the output sentence_embedding.";
  throw modelBroken(onnxFile, expected, advice, undefined, pooling.unsupported);
}
