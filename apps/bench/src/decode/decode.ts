import { Child } from "../child.ts";
import type { Timing } from "../rounds.ts";

/** Response to decode, and the number of rounds. */
export interface DecodeTask {
  /** Vectors in the response. */
  readonly items: number;
  readonly dimensions: number;
  readonly rounds: number;
}

/** Measurements of one decoder. */
export interface DecodeFigures {
  readonly name: string;
  readonly package: string | undefined;
  readonly timing: Timing;
  /** Bytes that its vectors hold inside and outside of the heap, after garbage collection. */
  readonly kept: number;
}

/** Measurements of all decoders, and the sizes of their bodies. */
export interface Decoded {
  readonly decoders: readonly DecodeFigures[];
  readonly base64Bytes: number;
  readonly decimalBytes: number;
}

/**
 * Makes the C library keep memory that was freed (glibc only). Otherwise it is luck whether a large buffer consists of
 * new pages, and on some machines getting those from the system takes ten times as long as decoding into them: the same
 * floor took 9 ms or 100.
 */
const KEEP_MEMORY: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: String(2 ** 30),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 32),
  MALLOC_TOP_PAD_: String(2 ** 28),
};

/** Measures all decoders side by side in their own process. */
export async function measureDecoders(task: DecodeTask): Promise<Decoded> {
  using child = new Child("decode", new URL("decode-process.ts", import.meta.url), {
    argument: JSON.stringify(task),
    env: KEEP_MEMORY,
  });
  return await child.answer<Decoded>();
}
