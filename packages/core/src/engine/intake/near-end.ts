import { demandOf } from "../../rate-limit/calibration.ts";
import type { ResolvedOptions } from "../resolve/resolve-options.ts";
import type { Settler } from "../results/settler.ts";
import type { Chunk } from "./chunk.ts";
import { lastSize } from "./chunk-size.ts";
import type { Packer } from "./packer.ts";
import type { Source } from "./source.ts";

/** Near the end of a batch, a chunk that waits at the limits is at most this share of what has not been sent. */
const WAITING_SHARE = 1 / 2;

/** Sizes of what goes out near the end of a batch, where nothing is to wait for one large answer. */
export class NearEnd {
  readonly #options: Pick<ResolvedOptions<never, unknown>, "calibration" | "limiter">;
  readonly #source: Source<unknown>;
  readonly #packer: Pick<Packer<never>, "held">;
  readonly #settler: Pick<Settler<never, never>, "count">;

  constructor(
    options: Pick<ResolvedOptions<never, unknown>, "calibration" | "limiter">,
    source: Source<unknown>,
    packer: Pick<Packer<never>, "held">,
    settler: Pick<Settler<never, never>, "count">,
  ) {
    this.#options = options;
    this.#source = source;
    this.#packer = packer;
    this.#settler = settler;
  }

  /** Inputs of a chunk that waits at the limits which go out next. */
  waitingPart(chunk: Chunk<unknown>): number {
    const unsent = (this.#source.total ?? Infinity) - this.#source.pulled + this.#packer.held + chunk.size;
    return this.#lastSize(chunk, unsent * WAITING_SHARE);
  }

  /** Inputs of a chunk that go out next where it would have to wait at the limits: at most this share of those without an outcome. */
  lastPart(chunk: Chunk<unknown>, share: number): number {
    return this.#lastSize(chunk, ((this.#source.total ?? Infinity) - this.#settler.count) * share);
  }

  /** Tells whether a chunk could be sent now without taking anything from others: no new work is left, and no limit is near. */
  isSpare(chunk: Chunk<unknown>): boolean {
    if (!this.#source.ended || this.#packer.held > 0) return false;
    return (this.#options.limiter?.waitMs?.(demandOf(chunk, this.#options.calibration)) ?? 0) === 0;
  }

  #lastSize(chunk: Chunk<unknown>, most: number): number {
    return lastSize(chunk.size, demandOf(chunk, this.#options.calibration), this.#options.limiter, most);
  }
}
