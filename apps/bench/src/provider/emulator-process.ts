// Started by emulator.ts: an emulator that is reset and read by messages.
import { flushCompileCache } from "node:module";
import { type Behavior, startEmulator } from "@batchwise/emulator";
import type { EmulatorCounts } from "./emulator.ts";

const emulator = await startEmulator();
let startedAt = performance.now();
let cpuAtStart = process.cpuUsage();
process.on("message", (message: { readonly reset?: Behavior }) => process.send?.(answer(message)));
// The parent may be killed.
process.on("disconnect", () => process.exit());
flushCompileCache();
process.send?.(emulator.openaiBaseURL);

function answer({ reset }: { readonly reset?: Behavior }): EmulatorCounts | string {
  if (reset === undefined) return counts();
  emulator.reset(reset);
  startedAt = performance.now();
  cpuAtStart = process.cpuUsage();
  return "reset";
}

function counts(): EmulatorCounts {
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
