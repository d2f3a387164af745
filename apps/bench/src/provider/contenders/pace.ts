import { tokensOf } from "../texts.ts";
import { gridOf, type Grids, type Server } from "./contender.ts";

/** Settings that the sweep tries for contenders that pace themselves. */
export const PACED_GRIDS: Grids = {
  embed: gridOf({ share: [0.95, 1, 1.05], size: [512, 2048], retries: [5] }),
  faulty: gridOf({ share: [0.95, 1], size: [64, 256, 2048], retries: [5] }),
  chat: gridOf({ share: [0.95, 1, 1.05], retries: [5] }),
  latency: gridOf({ share: [0.95, 1, 1.02, 1.05], size: [50, 100, 200], retries: [5] }),
  quarter: gridOf({ share: [0.95, 1, 1.02, 1.05], size: [50, 100, 200], retries: [5] }),
  pacedChat: gridOf({ share: [0.95, 0.98, 1, 1.02, 1.05, 1.1], retries: [5, 10] }),
};

/** Requests a minute that a caller would set, from the limits and the mean length of the inputs. */
export function requestsPerMinute(
  { limits }: Server,
  requests: readonly (string | readonly string[])[],
  share: number,
): number {
  const tokens = requests.reduce((total, request) => total + tokensIn(request), 0);
  return share * Math.min(limits.requestsPerMinute, limits.tokensPerMinute / (tokens / requests.length));
}

/** Tokens of a request as callers estimate them: four characters a token, as the emulator counts. */
export function tokensIn(request: string | readonly string[]): number {
  return typeof request === "string" ? tokensOf(request) : request.reduce((total, text) => total + tokensOf(text), 0);
}
