import { setTimeout as sleep } from "node:timers/promises";
import { EMBEDDING_MODEL } from "./contenders/contender.ts";

/** Use of a key's tokens in half a minute. */
export interface Use {
  /** Tokens of the limit, less those that the other user took. */
  readonly there: number;
  /** Tokens that passed, those of the other user left out. */
  readonly used: number;
  /** 429s, those of the other user left out. */
  readonly refused: number;
}

/** Times of a watch, in milliseconds. */
interface Times {
  readonly window: number;
  /** Time between two requests of the other user. */
  readonly interval: number;
  /** Time in which it is there. */
  readonly from: number;
  readonly until: number;
}

const TIMES: Times = { window: 30_000, interval: 250, from: 60_000, until: 120_000 };

/** Takes half of a key's tokens in the second minute, and notes each half minute's use until `signal` is aborted. */
export async function watchUse(
  baseURL: string,
  tokensPerMinute: number,
  signal: AbortSignal,
  { window, interval, from, until }: Times = TIMES,
): Promise<readonly Use[]> {
  const startedAt = performance.now();
  const own = { tokens: 0, refused: 0 };
  const uses: Use[] = [];
  let before = { tokens: 0, refused: 0, own: 0 };
  const perMs = tokensPerMinute / 60_000;
  const text = "ever ".repeat(Math.round((4 * perMs * interval) / 2 / 5));
  for (let tick = 1; !signal.aborted; tick++) {
    const at = tick * interval;
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await sleep(Math.max(0, startedAt + at - performance.now()), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    // oxlint-disable-next-line no-await-in-loop -- it is answered at once
    if (at > from && at <= until) await take(baseURL, text, own);
    if (at % window !== 0) continue;
    // oxlint-disable-next-line no-await-in-loop -- it is answered at once
    const { tokensAdmitted, rateLimited } = await statsOf(baseURL);
    const now = { tokens: tokensAdmitted - own.tokens, refused: rateLimited - own.refused, own: own.tokens };
    uses.push({
      there: perMs * window - (now.own - before.own),
      used: now.tokens - before.tokens,
      refused: now.refused - before.refused,
    });
    before = now;
  }
  return uses;
}

/** Sends one text. */
async function take(baseURL: string, text: string, own: { tokens: number; refused: number }): Promise<void> {
  const sent = await fetch(`${baseURL}/embeddings`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer bench" },
    body: JSON.stringify({ model: EMBEDDING_MODEL, input: text, dimensions: 1 }),
  });
  if (sent.ok) own.tokens += ((await sent.json()) as { usage: { total_tokens: number } }).usage.total_tokens;
  else own.refused++;
}

async function statsOf(baseURL: string): Promise<{ readonly tokensAdmitted: number; readonly rateLimited: number }> {
  const stats = await fetch(new URL("/__emulator/stats", baseURL));
  return (await stats.json()) as { readonly tokensAdmitted: number; readonly rateLimited: number };
}
