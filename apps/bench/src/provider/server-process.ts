import type { Behavior } from "@batchwise/emulator";
import { Child } from "../child.ts";

/** Counts of the emulator since its last reset, and the processor time of its process. */
export interface EmulatorCounts {
  readonly requests: number;
  readonly rateLimited: number;
  /** Inputs in complete good answers. */
  readonly inputsAnswered: number;
  /** Tokens of admitted requests, failed ones included. */
  readonly tokensAdmitted: number;
  /** Tokens that were charged without a complete answer. */
  readonly tokensWasted: number;
  readonly peakInFlight: number;
  readonly cpuMs: number;
  readonly elapsedMs: number;
}

/** No limits, latency or faults. Tokens are a quarter of the bytes: a tokenizer would keep the second core busy. */
const UNLIMITED: Behavior = { tokens: "fast", limits: {}, fill: 1, latency: {}, faults: {} };

/** Emulator in its own process, so that it shares no thread with its client. */
export class EmulatorProcess implements Disposable {
  /** Ends with `/v1`. */
  readonly baseURL: string;
  readonly #child: Child;

  private constructor(child: Child, baseURL: string) {
    this.#child = child;
    this.baseURL = baseURL;
  }

  static async start(compileCache?: string): Promise<EmulatorProcess> {
    const child = new Child("emulator", new URL("emulator-process.ts", import.meta.url), {
      argument: "",
      ...(compileCache !== undefined && { compileCache }),
    });
    return new EmulatorProcess(child, await child.answer<string>());
  }

  /** Starts over: fresh buckets, counts from zero, and only the limits, latency and faults that are asked for. */
  async reset(behavior: Behavior = {}): Promise<void> {
    await this.#child.ask({ reset: { ...UNLIMITED, ...behavior } });
  }

  async counts(): Promise<EmulatorCounts> {
    return this.#child.ask<EmulatorCounts>({});
  }

  [Symbol.dispose](): void {
    this.#child[Symbol.dispose]();
  }
}
