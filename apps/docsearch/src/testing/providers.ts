import { type Behavior, type Emulator, startEmulator } from "@batchwise/emulator";
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
import { saidSoFar, type Started } from "./start.ts";

/** A key that must never be seen in any output. */
export const KEY = "sk-canary-Zq81XwPt7Lm3Kv9R";

/** Neither the key nor its end, which OpenAI's error for a wrong key holds, is in what a run printed. */
export function expectNoKey({ notes, results }: Pick<Started, "notes" | "results">): void {
  expect(notes + results).not.toContain(KEY);
  expect(notes + results).not.toContain(KEY.slice(-4));
}

/** A request as it was sent. */
export interface SentRequest {
  readonly path: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- each provider has its own
  readonly body: any;
  /** What the user had been told by then. */
  readonly told: string;
}

/** OpenAI and Cohere on loopback, for the tests of one file, and every request to them. */
export interface Providers {
  readonly sent: readonly SentRequest[];
  readonly emulator: Emulator;
  /** Called before each request is sent, with its number from 1, until the end of the test. */
  onRequest: ((number: number) => void) | undefined;
  /** Keys and addresses for the command line. */
  readonly environment: NodeJS.ProcessEnv;
  /** Begins anew with other options. */
  reset(behaviour: Behavior): void;
}

const USUAL: Behavior = {
  seed: 1,
  apiKey: KEY,
  faults: {},
  trackInputs: true,
  models: undefined,
  dimensions: undefined,
};

export function useProviders(): Providers {
  // A safeguard, not a measure: SDKs are loaded, on machines that may be busy.
  vi.setConfig({ testTimeout: 60_000 });
  const sent: SentRequest[] = [];
  let emulator: Emulator | undefined;
  let onRequest: Providers["onRequest"];
  const opened = (): Emulator => {
    if (emulator === undefined) throw new Error("The emulator is not started yet.");
    return emulator;
  };
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  beforeEach(() => {
    opened().reset(USUAL);
    sent.length = 0;
    onRequest = undefined;
    const { fetch } = globalThis;
    vi.stubGlobal("fetch", (url: string | URL, init: RequestInit) => {
      const body = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
      sent.push({ path: new URL(url).pathname, body, told: saidSoFar() });
      onRequest?.(sent.length);
      return fetch(url, init);
    });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });
  afterAll(() => opened().close());
  return {
    sent,
    set onRequest(listener: Providers["onRequest"]) {
      onRequest = listener;
    },
    get onRequest() {
      return onRequest;
    },
    get emulator() {
      return opened();
    },
    get environment() {
      return {
        OPENAI_API_KEY: KEY,
        OPENAI_BASE_URL: opened().openaiBaseURL,
        CO_API_KEY: KEY,
        CO_API_URL: opened().cohereBaseURL,
      };
    },
    reset: (behaviour) => {
      opened().reset({ ...USUAL, ...behaviour });
    },
  };
}
