import type { Behavior } from "@batchwise/emulator";
import { Child } from "../child.ts";

/** What the emulator counted since it was last reset, and the processor time that its process has used for it. */
export interface EmulatorCounts {
  readonly requests: number;
  readonly rateLimited: number;
  /** Inputs in whole good answers. */
  readonly inputsAnswered: number;
  /** Tokens of requests that were let in, those of failed ones included. */
  readonly tokensAdmitted: number;
  /** Tokens that were charged though nothing useful came back. */
  readonly tokensWasted: number;
  readonly peakInFlight: number;
  readonly cpuMs: number;
  readonly elapsedMs: number;
}

/** Tokens are counted as a quarter of the bytes: a tokenizer would keep the second core busy. */
const NOTHING_IN_THE_WAY: Behavior = { tokens: "fast", limits: {}, fill: 1, latency: {}, faults: {} };

/** The emulator in a process of its own, so that it shares no thread with whom it serves. */
export class EmulatorProcess implements Disposable {
  /** With `/v1` at its end. */
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

  /** Begins anew: fresh buckets, counts from zero, and nothing in the way but what is asked for. */
  async reset(behaviour: Behavior = {}): Promise<void> {
    await this.#child.ask({ reset: { ...NOTHING_IN_THE_WAY, ...behaviour } });
  }

  async counts(): Promise<EmulatorCounts> {
    return this.#child.ask<EmulatorCounts>({});
  }

  [Symbol.dispose](): void {
    this.#child[Symbol.dispose]();
  }
}
