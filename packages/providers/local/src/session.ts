import type * as Onnx from "onnxruntime-node";
import { inferenceFailed, modelBroken, wrongShape } from "./errors.ts";
import type { Network } from "./model.ts";
import { normalize, pool } from "./pooling.ts";
import { type Signature, signatureOf, type TokenBatch } from "./signature.ts";

/**
 * One single-threaded session of onnxruntime. It computes on the thread that calls it: several threads with a session
 * each are faster than one session with several threads.
 */
export class Session {
  readonly #runtime: typeof Onnx;
  readonly #session: Onnx.InferenceSession;
  readonly #network: Network;
  readonly #signature: Signature;

  private constructor(runtime: typeof Onnx, session: Onnx.InferenceSession, network: Network, signature: Signature) {
    this.#runtime = runtime;
    this.#session = session;
    this.#network = network;
    this.#signature = signature;
  }

  /** @throws ProviderError when the file cannot be loaded, or asks for or gives something that is not known. */
  static async open(network: Network): Promise<Session> {
    // Imported here, so that the native library is loaded only where a session runs.
    const runtime = await import("onnxruntime-node");
    const session = await runtime.InferenceSession.create(network.onnxFile, OPTIONS).catch((error: unknown) => {
      const expected = "an ONNX model that onnxruntime can load";
      throw modelBroken(network.onnxFile, expected, "Download or export the model again.", error);
    });
    try {
      return new Session(runtime, session, network, signatureOf(session, network));
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /**
   * One vector a text, of length 1: texts x dimensions.
   *
   * @throws ProviderError when the runtime refuses the batch, ResultError when the output is not of the batch's shape.
   */
  async run(batch: TokenBatch): Promise<Float32Array> {
    const { output } = this.#signature;
    const texts = batch.lengths.length;
    const paddedLength = batch.lengths.reduce((longest, length) => Math.max(longest, length), 0);
    const { data, dims } = await this.#compute(batch, texts, paddedLength);
    const dimensions = checkedWidth(dims, output.kind === "sentences" ? [texts] : [texts, paddedLength], this.#network);

    // The signature says that the output is float32.
    const values = data as Float32Array;
    // A copy, because the runtime may use the memory of its output again.
    const vectors =
      output.kind === "sentences"
        ? values.slice()
        : pool({ values, paddedLength, dimensions }, batch.lengths, output.pooling);
    return normalize(vectors, dimensions);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  async #compute(batch: TokenBatch, texts: number, paddedLength: number): Promise<Onnx.Tensor> {
    const { Tensor } = this.#runtime;
    const shape = [texts, paddedLength];
    const feeds: Record<string, Onnx.Tensor> = {};
    for (const { name, type, fill } of this.#signature.inputs) {
      const values = fill(batch, paddedLength, this.#network.paddingId);
      feeds[name] =
        type === "int64"
          ? new Tensor("int64", BigInt64Array.from(values, BigInt), shape)
          : new Tensor("int32", values, shape);
    }
    const { name } = this.#signature.output;
    try {
      return (await this.#session.run(feeds, [name]))[name]!;
    } catch (error) {
      throw inferenceFailed(this.#network.name, error);
    }
  }
}

const OPTIONS: Onnx.InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  // It reuses plans of the memory by shape; texts come in too many shapes for that to pay.
  enableMemPattern: false,
  // Fatal only: what goes wrong is thrown, and a library does not write to stderr.
  logSeverityLevel: 4,
};

/** The vectors' length. @throws ResultError when the axes before it are not as expected. */
function checkedWidth(shape: readonly number[], expected: readonly number[], { name }: Network): number {
  if (shape.length === expected.length + 1 && expected.every((size, axis) => shape[axis] === size)) {
    return shape.at(-1)!;
  }
  throw wrongShape(name, `${expected.join(" x ")} x dimensions`, shape);
}
