import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import type { Chunk } from "../outputs/encoder.ts";

/** Bytes that are gathered before they are written. */
const MOST_PENDING = 1024 * 1024;

/**
 * File that is written from its end on. Written synchronously: what `flush` has written outlives the process, and results
 * that were paid for wait for nothing.
 */
export class AppendFile {
  readonly #descriptor: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  /**
   * @param flags "a" continues a file, "w" replaces it
   * @param mode 0600 where it holds results or inputs beside the output
   * @throws the system's error
   */
  constructor(file: string, flags: "a" | "w", mode: number = 0o600) {
    this.#descriptor = openSync(file, flags, mode);
  }

  /** Adds a piece. @returns its bytes */
  append(chunk: Chunk): number {
    const bytes =
      typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= MOST_PENDING) this.flush();
    return bytes.length;
  }

  /** Writes what was added. @throws the system's error, as of a full disk */
  flush(): void {
    if (this.#pendingBytes === 0) return;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor, bytes, at);
  }

  /** Has the disk keep what was written, after a crash of the machine too. */
  sync(): void {
    this.flush();
    fsyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
