import { once } from "node:events";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { reasonOf } from "../reason-of.ts";
import type { Chunk } from "./encoder.ts";

/** Whoever read the output has stopped reading it (`| head`): no error, and the end of the run. */
export class ReaderGone extends Error {}

/** A stream that is written in order, and never faster than it can be. */
export class StreamTarget {
  readonly #stream: Writable;
  readonly #name: string;
  readonly #ownsStream: boolean;
  readonly #failed = new AbortController();

  /** @param ownsStream whether `close` ends it: standard output is not ours to end */
  constructor(stream: Writable, name: string, ownsStream: boolean) {
    this.#stream = stream;
    this.#name = name;
    this.#ownsStream = ownsStream;
    stream.on("error", this.#onError);
  }

  /** Aborted as soon as something could not be written. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** @throws Error that says why it cannot be written, now or for what was written before */
  async write(chunk: Chunk): Promise<void> {
    this.failed.throwIfAborted();
    if (this.#stream.write(chunk)) return;
    await this.#until(once(this.#stream, "drain", { signal: this.failed }));
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    this.failed.throwIfAborted();
    if (this.#ownsStream) {
      this.#stream.end();
      await this.#until(finished(this.#stream));
    } else {
      await this.#until(new Promise<void>((resolve) => void this.#stream.write("", () => resolve())));
    }
  }

  /** Hears nothing more of a stream that others go on with. */
  release(): void {
    if (!this.#ownsStream) this.#stream.off("error", this.#onError);
  }

  readonly #onError = (error: Error): void => this.#failed.abort(this.#told(error));

  async #until(done: Promise<unknown>): Promise<void> {
    try {
      await done;
    } catch (error) {
      this.failed.throwIfAborted();
      throw this.#told(error);
    }
    this.failed.throwIfAborted();
  }

  #told(error: unknown): Error {
    const { code } = error as NodeJS.ErrnoException;
    if (!this.#ownsStream && code !== undefined && GONE.has(code)) return new ReaderGone("Nobody reads the output.");
    return cannotWrite(this.#name, error);
  }
}

const GONE: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED"]);

export function cannotWrite(name: string, error: unknown): Error {
  return new Error(`${name} cannot be written: ${reasonOf(error)}.`);
}
