import type { Behavior } from "@batchwise/emulator";
import { Child } from "../child.ts";
import type { OwnBehavior } from "./workload.ts";

/** Counts of a server since its last reset, and the processor time of its process. */
export interface ServerCounts {
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
  /** Time since the reset and tokens of each good answer, from a server of one's own. */
  readonly answered?: readonly (readonly [ms: number, tokens: number])[];
}

/** Modules that a server's process may run. */
const MODULES: Readonly<Record<"emulator" | "own", URL>> = {
  emulator: new URL("emulator-process.ts", import.meta.url),
  own: new URL("own-server-process.ts", import.meta.url),
};

/** Server in its own process, so that it shares no thread with its client. */
export class ServerProcess implements Disposable {
  /** Ends with `/v1`. */
  readonly baseURL: string;
  readonly #child: Child;

  private constructor(child: Child, baseURL: string) {
    this.#child = child;
    this.baseURL = baseURL;
  }

  static async start(compileCache?: string, kind: keyof typeof MODULES = "emulator"): Promise<ServerProcess> {
    const child = new Child(kind, MODULES[kind], {
      argument: "",
      ...(compileCache !== undefined && { compileCache }),
    });
    return new ServerProcess(child, await child.answer<string>());
  }

  /** Starts over: fresh buckets, counts from zero, and only the limits, latency and faults that are asked for. */
  async reset(behavior: Behavior | OwnBehavior = {}): Promise<void> {
    await this.#child.ask({ reset: behavior });
  }

  async counts(): Promise<ServerCounts> {
    return this.#child.ask<ServerCounts>({});
  }

  [Symbol.dispose](): void {
    this.#child[Symbol.dispose]();
  }
}
