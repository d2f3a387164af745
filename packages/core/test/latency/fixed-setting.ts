import type { Clock } from "@batchwise/core";
import type { Server } from "./server.ts";
import type { Text } from "./texts.ts";

/** Setting that someone has chosen: the most tokens in a request, and the requests in flight. */
export interface FixedSetting {
  readonly tokens: number;
  readonly concurrency: number;
}

/** Setting with the time in which it did the work, in milliseconds. */
export interface Timed extends FixedSetting {
  readonly ms: number;
}

/** Settings that a sweep tries. */
export const SWEEP: readonly FixedSetting[] = [
  60, 250, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000,
].flatMap((tokens) => [1, 2, 4, 8, 16, 32, 64].map((concurrency) => ({ tokens, concurrency })));

/** Settings that come within a tenth of the best one, the best one first. */
export function bestFixed(
  texts: readonly Text[],
  settings: readonly FixedSetting[],
  makeServer: (clock: Clock) => Server,
): readonly Timed[] {
  const timed: Timed[] = [];
  let mostMs = Infinity;
  for (const setting of settings) {
    const clock = new EventClock();
    send(texts, makeServer(clock), setting);
    const ms = clock.run(mostMs);
    timed.push({ ...setting, ms });
    mostMs = Math.min(mostMs, 1.1 * ms);
  }
  return timed.filter(({ ms }) => ms < mostMs).toSorted((left, right) => left.ms - right.ms);
}

/** Sends all texts, so many tokens in a request and so many requests in flight. */
function send(texts: readonly Text[], server: Server, { tokens, concurrency }: FixedSetting): void {
  let next = 0;
  const sendOne = (): void => {
    const start = next;
    for (let sum = 0; next < texts.length && next - start < 2048; next++) {
      sum += texts[next]!.tokens;
      if (sum > tokens && next > start) break;
    }
    if (next > start) server.send(texts.slice(start, next), sendOne);
  };
  for (let count = 0; count < concurrency; count++) sendOne();
}

interface Timer {
  readonly at: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/** Clock whose timers run one after another, with nothing asynchronous between them. */
class EventClock implements Clock {
  #now = 0;
  #order = 0;
  /** Heap: each timer is due no earlier than the one at half of its place. */
  readonly #timers: Timer[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer: Timer = { at: this.#now + ms, order: this.#order++, callback };
    this.#push(timer);
    return () => {
      timer.callback = undefined;
    };
  }

  /** Runs until no timer is left, or until `most` has passed. Returns the time of the last one. */
  run(most: number): number {
    let last = this.#now;
    for (let timer = this.#pop(); timer !== undefined && last < most; timer = this.#pop()) {
      if (timer.callback === undefined) continue;
      this.#now = timer.at;
      last = timer.at;
      timer.callback();
    }
    return last;
  }

  #push(timer: Timer): void {
    const heap = this.#timers;
    let place = heap.push(timer) - 1;
    for (; place > 0 && isBefore(timer, heap[(place - 1) >> 1]!); place = (place - 1) >> 1) {
      heap[place] = heap[(place - 1) >> 1]!;
    }
    heap[place] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#timers;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let place = 0;
    for (let child = 1; child < heap.length; child = 2 * place + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

function isBefore(left: Timer, right: Timer): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
