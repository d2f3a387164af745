// Started by server-process.ts: an emulator that is reset and read by messages.
import { flushCompileCache } from "node:module";
import { type Behavior, startEmulator } from "@batchwise/emulator";
import type { ServerCounts } from "./server-process.ts";

/** No limits, latency or faults. Tokens are a quarter of the bytes: a tokenizer would keep the second core busy. */
const UNLIMITED: Behavior = { tokens: "fast", limits: {}, fill: 1, latency: {}, faults: {} };

const emulator = await startEmulator({ control: true });
let startedAt = performance.now();
let cpuAtStart = process.cpuUsage();
process.on("message", (message: { readonly reset?: Behavior }) => process.send?.(answer(message)));
// The parent may be killed.
process.on("disconnect", () => process.exit());
flushCompileCache();
process.send?.(emulator.openaiBaseURL);

function answer({ reset }: { readonly reset?: Behavior }): ServerCounts | string {
  if (reset === undefined) return counts();
  emulator.reset({ ...UNLIMITED, ...reset });
  startedAt = performance.now();
  cpuAtStart = process.cpuUsage();
  return "reset";
}

function counts(): ServerCounts {
  const { requests, rateLimited, inputsAnswered, tokensAdmitted, tokensWasted, peakInFlight } = emulator.stats();
  const { user, system } = process.cpuUsage(cpuAtStart);
  return {
    requests,
    rateLimited,
    inputsAnswered,
    tokensAdmitted,
    tokensWasted,
    peakInFlight,
    cpuMs: (user + system) / 1000,
    elapsedMs: performance.now() - startedAt,
  };
}
