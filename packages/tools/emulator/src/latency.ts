import type { Dice } from "./dice.ts";
import type { Latency } from "./options.ts";

/** Time of an answer to this many tokens, in milliseconds. */
export function latencyMs(latency: Latency, tokens: number, dice: Dice): number {
  const chance = dice.roll("latency");
  if ("minMs" in latency) return latency.minMs + chance * (latency.maxMs - latency.minMs);
  const mean = (latency.baseMs ?? 0) + ((latency.perThousandTokensMs ?? 0) * tokens) / 1000;
  return mean * factor(latency.jitter ?? 0, latency.distribution ?? "uniform", chance, dice);
}

/** Time of a refusal, which needs no work, in milliseconds. */
export function refusalMs(latency: Latency): number {
  return ("minMs" in latency ? latency.minMs : (latency.baseMs ?? 0)) / 2;
}

/** Random factor with mean 1. */
function factor(jitter: number, distribution: "uniform" | "lognormal", chance: number, dice: Dice): number {
  if (distribution === "uniform") return 1 + jitter * (2 * chance - 1);
  // Box-Muller; 1 - chance is never 0.
  const normal = Math.sqrt(-2 * Math.log(1 - chance)) * Math.cos(2 * Math.PI * dice.roll("latency angle"));
  return Math.exp(jitter * normal - (jitter * jitter) / 2);
}
