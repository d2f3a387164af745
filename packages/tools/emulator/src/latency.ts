import type { Dice } from "./dice.ts";
import type { Latency } from "./options.ts";

/** Time of an answer to this many tokens, in milliseconds. */
export function latencyMs(latency: Latency, tokens: number, dice: Dice): number {
  const { baseMs, perThousandTokensMs, jitter = 0, distribution = "uniform", minMs = 0, maxMs = Infinity } = latency;
  const chance = dice.roll("latency");
  const isBoundsAlone = baseMs === undefined && perThousandTokensMs === undefined;
  if (isBoundsAlone) return maxMs === Infinity ? minMs : minMs + chance * (maxMs - minMs);
  const mean = (baseMs ?? 0) + ((perThousandTokensMs ?? 0) * tokens) / 1000;
  return Math.min(maxMs, Math.max(minMs, mean * factor(jitter, distribution, chance, dice)));
}

/** Time of a refusal, which needs no work, in milliseconds. */
export function refusalMs({ baseMs, minMs }: Latency): number {
  return (baseMs ?? minMs ?? 0) / 2;
}

/** Work of a server that answers few calls at once: others wait in line, in the order of their arrival. */
export class Slots {
  readonly #overload: number;
  /** Times at which slots are free. */
  readonly #free: number[];
  /** Times at which the answers that are not done will be. */
  #ends: number[] = [];

  constructor({ slots = Infinity, overload = 0 }: Latency) {
    this.#overload = overload;
    this.#free = slots === Infinity ? [] : Array.from({ length: slots }, () => -Infinity);
  }

  /** Milliseconds from `now` until an answer is begun that takes `ms` alone, and until it is done. */
  take(ms: number, now: number): { readonly beginsMs: number; readonly endsMs: number } {
    if (this.#free.length === 0) return { beginsMs: 0, endsMs: ms };
    this.#ends = this.#ends.filter((end) => end > now);
    const inLine = Math.max(0, this.#ends.length + 1 - this.#free.length);
    const begins = Math.max(now, Math.min(...this.#free));
    const ends = begins + ms * (1 + this.#overload * inLine);
    this.#free[this.#free.indexOf(Math.min(...this.#free))] = ends;
    this.#ends.push(ends);
    return { beginsMs: begins - now, endsMs: ends - now };
  }
}

/** Random factor with mean 1. */
function factor(jitter: number, distribution: "uniform" | "lognormal", chance: number, dice: Dice): number {
  if (distribution === "uniform") return 1 + jitter * (2 * chance - 1);
  // Box-Muller; 1 - chance is never 0.
  const normal = Math.sqrt(-2 * Math.log(1 - chance)) * Math.cos(2 * Math.PI * dice.roll("latency angle"));
  return Math.exp(jitter * normal - (jitter * jitter) / 2);
}
