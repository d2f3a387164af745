import { type Behavior, type Emulator, startEmulator } from "@batchwise/emulator";
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
import { latestNotes, type Started } from "./start.ts";

/** Key that must never be in any output. */
export const KEY = "sk-canary-Zq81XwPt7Lm3Kv9R";

/** Checks that a run printed neither the key nor its end, which OpenAI's error for a wrong key holds. */
export function expectNoKey({ notes, results }: Pick<Started, "notes" | "results">): void {
  expect(notes + results).not.toContain(KEY);
  expect(notes + results).not.toContain(KEY.slice(-4));
}

/** Request as it was sent. */
export interface SentRequest {
  readonly path: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- each provider has its own
  readonly body: any;
  /** Notes that the user had seen by then. */
  readonly notes: string;
}

/** OpenAI and Cohere on loopback, for the tests of one file, and every request to them. */
export interface Providers {
  readonly sent: readonly SentRequest[];
  readonly emulator: Emulator;
  /** Called before each request is sent, with its number from 1, until the end of the test. */
  onRequest: ((number: number) => void) | undefined;
  /** Keys and addresses for the command line. */
  readonly environment: NodeJS.ProcessEnv;
  /** Starts over with other options. */
  reset(behavior: Behavior): void;
}

const DEFAULTS: Behavior = {
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
    if (emulator === undefined) throw new Error("Expected a started emulator, got none.");
    return emulator;
  };
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  beforeEach(() => {
    opened().reset(DEFAULTS);
    sent.length = 0;
    onRequest = undefined;
    const { fetch } = globalThis;
    vi.stubGlobal("fetch", (url: string | URL, init: RequestInit) => {
      const body = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
      sent.push({ path: new URL(url).pathname, body, notes: latestNotes() });
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
    reset: (behavior) => {
      opened().reset({ ...DEFAULTS, ...behavior });
    },
  };
}
