import { type Clock, ProviderError } from "@batchwise/core";
import { noise, type Random } from "./random.ts";
import type { Answer, Server } from "./server.ts";
import { type Text, tokensIn } from "./texts.ts";

/** Milliseconds of the way there and back. */
const NETWORK_MS = 10;
/** Scatter of the work. */
const SIGMA = 0.1;

/** Speed of a server of one's own. */
export interface Speed {
  /** Requests that are worked on at once; others queue. */
  readonly slots: number;
  /** Milliseconds that a request takes, besides its tokens. */
  readonly baseMs: number;
  /** Tokens a millisecond of one slot. */
  readonly tokensPerMs: number;
}

/** Server of some slots and a queue. One slot without a base: so many tokens a second, whatever is in flight. */
export class QueueServer implements Server {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #speed: Speed;
  /** Time at which each slot is free. */
  readonly #free: number[];

  constructor(clock: Clock, random: Random, speed: Speed) {
    this.#clock = clock;
    this.#random = random;
    this.#speed = speed;
    this.#free = Array.from({ length: speed.slots }, () => 0);
  }

  send(texts: readonly Text[], done: (answer: Answer) => void): () => void {
    const now = this.#clock.now();
    const { baseMs, tokensPerMs } = this.#speed;
    const slot = this.#free.indexOf(Math.min(...this.#free));
    const start = Math.max(now, this.#free[slot]!);
    const end = start + (baseMs + tokensIn(texts) / tokensPerMs) * noise(this.#random, SIGMA);
    this.#free[slot] = end;
    return this.#clock.after(end - now + NETWORK_MS, () => done({}));
  }
}

/** Ways of a server that shares its speed among all requests in flight. */
export interface Crowd {
  /** Tokens a millisecond, at best. */
  readonly tokensPerMs: number;
  /** Milliseconds that a request takes, besides its tokens. */
  readonly baseMs: number;
  /** Load that it needs to be at its best. */
  readonly needed: number;
  /** Load beyond which it slows down: at twice as much it is half as fast. */
  readonly room: number;
  /** Unit of load: requests, or tokens in flight. */
  readonly unit: "requests" | "tokens";
}

interface Work {
  readonly load: number;
  left: number;
  readonly done: () => void;
}

/** Server that works on all requests at once, and slows down when it is overfull, as one that runs out of memory does. */
export class CrowdedServer implements Server {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #crowd: Crowd;
  readonly #works = new Set<Work>();
  #at = 0;
  #load = 0;
  #cancel: () => void = () => undefined;

  constructor(clock: Clock, random: Random, crowd: Crowd) {
    this.#clock = clock;
    this.#random = random;
    this.#crowd = crowd;
  }

  send(texts: readonly Text[], done: (answer: Answer) => void): () => void {
    const { unit, baseMs } = this.#crowd;
    const tokens = tokensIn(texts);
    const work: Work = {
      load: unit === "tokens" ? tokens : 1,
      left: tokens * noise(this.#random, SIGMA),
      done: () => done({}),
    };
    let cancel = this.#clock.after(baseMs + NETWORK_MS, () => {
      this.#work();
      this.#works.add(work);
      this.#load += work.load;
      this.#arm();
      cancel = () => {
        this.#work();
        this.#end(work);
        this.#arm();
      };
    });
    return () => cancel();
  }

  /** Work that has been done since the last event. */
  #work(): void {
    const now = this.#clock.now();
    const share = this.#share() * (now - this.#at);
    this.#at = now;
    for (const each of this.#works) each.left -= share;
  }

  /** Tokens a millisecond of each request in flight. */
  #share(): number {
    const { tokensPerMs, needed, room } = this.#crowd;
    const speed = Math.min(1, this.#load / needed) / Math.max(1, this.#load / room);
    return this.#works.size === 0 ? 0 : (tokensPerMs * speed) / this.#works.size;
  }

  #arm(): void {
    this.#cancel();
    if (this.#works.size === 0) return;
    const least = Math.min(...[...this.#works].map(({ left }) => left));
    this.#cancel = this.#clock.after(Math.max(0, least) / this.#share(), () => {
      this.#work();
      const ended = [...this.#works].filter(({ left }) => left <= 1e-6);
      for (const each of ended) this.#end(each);
      this.#arm();
      for (const each of ended) each.done();
    });
  }

  #end(work: Work): void {
    if (this.#works.delete(work)) this.#load -= work.load;
  }
}

/** Way in which a server says that a request is too large. */
export type Complaint = 413 | 400 | 500 | "time-out";

/** Server that takes no more than so many texts in a request, and does not say so beforehand. */
export class SmallServer implements Server {
  readonly #clock: Clock;
  readonly #inner: Server;
  readonly #most: number;
  readonly #complaint: Complaint;

  constructor(clock: Clock, inner: Server, most: number, complaint: Complaint) {
    this.#clock = clock;
    this.#inner = inner;
    this.#most = most;
    this.#complaint = complaint;
  }

  send(texts: readonly Text[], done: (answer: Answer) => void): () => void {
    if (texts.length <= this.#most) return this.#inner.send(texts, done);
    if (this.#complaint === "time-out") return () => undefined;
    const error = tooLarge(this.#complaint);
    return this.#clock.after(NETWORK_MS, () => done({ error }));
  }
}

function tooLarge(status: 413 | 400 | 500): Error {
  if (status === 500) return new ProviderError("Internal error.", { status, retryable: true });
  const code = status === 413 ? "request_too_large" : "invalid_input";
  return new ProviderError("Too large.", { code, status, retryable: false });
}
