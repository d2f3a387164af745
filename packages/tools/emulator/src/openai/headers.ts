import type { Dice } from "../dice.ts";
import type { LimitHit, LimitState, Pool } from "../limits/pool.ts";
import type { Faults, HeaderStyle } from "../options.ts";

/** Headers with the rest of each limit. Azure's have the same names and other resets. */
export function limitHeaders(
  pool: Pool | undefined,
  style: HeaderStyle,
  nowMs: number,
  dice: Dice,
): Record<string, string> {
  const headers: Record<string, string> = {};
  if (pool === undefined || style === "none") return headers;
  const states = pool.states(nowMs);
  for (const kind of ["requests", "tokens"] as const) {
    const state = states[kind];
    if (state === undefined) continue;
    headers[`x-ratelimit-limit-${kind}`] = String(state.limit);
    headers[`x-ratelimit-remaining-${kind}`] = String(state.remaining);
    headers[`x-ratelimit-reset-${kind}`] =
      style === "azure" ? azureReset(state, dice.roll(`azure ${kind}`)) : formatReset(state.resetMs);
  }
  return headers;
}

/** Duration as OpenAI's headers write it: `0s`, `20ms`, `8.64s`, `6m0s`. */
export function formatReset(ms: number): string {
  const whole = Math.ceil(ms);
  if (whole === 0) return "0s";
  if (whole < 1000) return `${whole}ms`;
  if (whole < 60_000) return `${whole / 1000}s`;
  const minutes = Math.floor(whole / 60_000);
  const seconds = (whole - minutes * 60_000) / 1000;
  return minutes < 60 ? `${minutes}m${seconds}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}s`;
}

/** Whole seconds; now and then a number without meaning. */
function azureReset(state: LimitState, chance: number): string {
  if (chance < 0.1) return "-1";
  return chance < 0.2 ? "0" : String(Math.ceil(state.resetMs / 1000));
}

/** Headers of a 429 with the time to wait. */
export function retryHeaders(waitMs: number, retryAfter: Faults["retryAfter"]): Record<string, string> {
  if (retryAfter === "none" || !Number.isFinite(waitMs)) return {};
  const seconds = { "retry-after": String(Math.max(1, Math.ceil(waitMs / 1000))) };
  if (retryAfter === "seconds") return seconds;
  const ms = retryAfter === "zeroMs" ? 0 : Math.max(1, Math.ceil(waitMs));
  return { ...seconds, "retry-after-ms": String(ms) };
}

/** Time to wait in the words of a 429's message. */
export function formatWait(hit: LimitHit): string {
  return hit.waitMs < 1000 ? `${Math.ceil(hit.waitMs)}ms` : `${Math.ceil(hit.waitMs) / 1000}s`;
}
