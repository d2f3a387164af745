import { once } from "node:events";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { reasonOf } from "../reason-of.ts";
import type { Chunk } from "./encoder.ts";

/** End of a run whose output has no reader any more (`| head`). */
export class ReaderGone extends Error {}

/** Stream that is written in order, and no faster than it takes. */
export class StreamTarget {
  readonly #stream: Writable;
  readonly #name: string;
  readonly #ownsStream: boolean;
  readonly #failed = new AbortController();

  /** @param ownsStream true for a stream that ends with the output; false for standard output */
  constructor(stream: Writable, name: string, ownsStream: boolean) {
    this.#stream = stream;
    this.#name = name;
    this.#ownsStream = ownsStream;
    stream.on("error", this.#onError);
  }

  /** Aborted as soon as a write has failed. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** @throws Error that says why this or an earlier write has failed */
  async write(chunk: Chunk): Promise<void> {
    this.failed.throwIfAborted();
    if (this.#stream.write(chunk)) return;
    await this.#until(once(this.#stream, "drain", { signal: this.failed }));
  }

  /** Resolves when all writes are done. */
  async close(): Promise<void> {
    this.failed.throwIfAborted();
    if (this.#ownsStream) {
      this.#stream.end();
      await this.#until(finished(this.#stream));
    } else {
      await this.#until(new Promise<void>((resolve) => void this.#stream.write("", () => resolve())));
    }
  }

  /** Lets go of the stream: one of its own is closed, another is used further. */
  release(): void {
    if (this.#ownsStream) this.#stream.destroy();
    else this.#stream.off("error", this.#onError);
  }

  readonly #onError = (error: Error): void => this.#failed.abort(this.#failure(error));

  async #until(done: Promise<unknown>): Promise<void> {
    try {
      await done;
    } catch (error) {
      this.failed.throwIfAborted();
      throw this.#failure(error);
    }
    this.failed.throwIfAborted();
  }

  #failure(error: unknown): Error {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && GONE.has(code)) return new ReaderGone("Expected a reader, got none.");
    return cannotWrite(this.#name, error);
  }
}

const GONE: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED"]);

export function cannotWrite(name: string, error: unknown): Error {
  return new Error(`Expected ${name} to be writable, got ${reasonOf(error)}.`);
}
