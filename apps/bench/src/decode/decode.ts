import { Child } from "../child.ts";
import type { Timing } from "../rounds.ts";

/** What is to be decoded, and how often. */
export interface DecodeTask {
  /** Vectors in the response. */
  readonly items: number;
  readonly dimensions: number;
  readonly rounds: number;
}

/** What one decoder took. */
export interface DecodeFigures {
  readonly name: string;
  readonly package: string | undefined;
  readonly timing: Timing;
  /** Bytes that its vectors hold in the heap and outside of it, once garbage was collected. */
  readonly kept: number;
}

/** All decoders, and how large their bodies were. */
export interface Decoded {
  readonly decoders: readonly DecodeFigures[];
  readonly base64Bytes: number;
  readonly decimalBytes: number;
}

/**
 * Has the C library keep memory that was freed. Otherwise it is luck whether a large buffer is made of new pages, and
 * on some machines it takes ten times as long to get those from the system as to decode into them: the same floor took
 * 9 ms or 100. Only glibc heeds it.
 */
const KEEP_MEMORY: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: String(2 ** 30),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 32),
  MALLOC_TOP_PAD_: String(2 ** 28),
};

/** Measures all decoders side by side in a process of their own. */
export async function measureDecoders(task: DecodeTask): Promise<Decoded> {
  using child = new Child("decode", new URL("decode-process.ts", import.meta.url), {
    argument: JSON.stringify(task),
    env: KEEP_MEMORY,
  });
  return await child.answer<Decoded>();
}
