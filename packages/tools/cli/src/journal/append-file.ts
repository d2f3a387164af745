import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import type { Chunk } from "../outputs/encoder.ts";

/** Bytes that are gathered before they are written. */
const ROOM = 256 * 1024;

/**
 * File that is written from its end on. Written synchronously: what `flush` has written outlives the process, and results
 * that were paid for wait for nothing.
 */
export class AppendFile {
  readonly #descriptor: number;
  readonly #pending: Buffer = Buffer.allocUnsafeSlow(ROOM);
  #used = 0;

  /**
   * @param flags "a" continues a file, "w" replaces it
   * @throws the system's error
   */
  constructor(file: string, flags: "a" | "w") {
    // It holds results or inputs.
    this.#descriptor = openSync(file, flags, 0o600);
  }

  /** Adds a piece. @returns its bytes */
  append(chunk: Chunk): number {
    const bytes = Buffer.byteLength(chunk);
    if (this.#used + bytes > ROOM) this.flush();
    if (bytes > ROOM) this.#write(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    else if (typeof chunk === "string") this.#used += this.#pending.write(chunk, this.#used);
    else {
      this.#pending.set(chunk, this.#used);
      this.#used += bytes;
    }
    return bytes;
  }

  /** Writes what was added. @throws the system's error, as of a full disk */
  flush(): void {
    const pending = this.#pending.subarray(0, this.#used);
    this.#used = 0;
    this.#write(pending);
  }

  /** Has the disk keep what was written, after a crash of the machine too. */
  sync(): void {
    this.flush();
    fsyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor, bytes, at);
  }
}
