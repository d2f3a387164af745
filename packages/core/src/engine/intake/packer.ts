import type { Weight } from "../../contract/runnable.ts";
import type { Calibration } from "../../rate-limit/calibration.ts";
import { SizeCap } from "../../request-size/size-cap.ts";
import type { ChunkLimits } from "./chunk-size.ts";
import { Chunk } from "./chunk.ts";

/** Options that packing goes by. */
export interface PackerOptions<Input> {
  readonly limits: ChunkLimits;
  readonly weigh: ((input: Input) => Weight) | undefined;
  readonly calibration: Calibration | undefined;
}

/**
 * Fills a chunk up to the limits, in the order of the inputs. At most one chunk is full and waits; while it does,
 * nothing more is wanted. An input that is over a limit by itself goes out alone.
 */
export class Packer<Input> {
  /** Inputs that were added and have not gone out. Changed here alone. */
  held = 0;
  /** Inputs that are wanted, besides a full chunk, to pick from: set until they are there. */
  reach = 0;
  /** Inputs by which L11's bound may be passed meanwhile. */
  beyond = 0;
  #maxInputs: number;
  #maxTokens: number;
  readonly #limits: ChunkLimits;
  readonly #weigh: ((input: Input) => Weight) | undefined;
  readonly #calibration: Calibration | undefined;
  /** Inputs of the largest chunk that has passed at once. */
  #largest = 1;
  #cap: SizeCap | undefined;
  #full: Chunk<Input> | undefined;
  #filling: Chunk<Input> | undefined;

  constructor({ limits, weigh, calibration }: PackerOptions<Input>) {
    this.#limits = limits;
    this.#maxInputs = limits.maxInputs;
    this.#maxTokens = limits.maxTokens;
    this.#weigh = weigh;
    this.#calibration = calibration;
  }

  /** True where another input can be added: no chunk is full and waits. */
  get isOpen(): boolean {
    return this.#full === undefined || this.held < this.reach;
  }

  /** Inputs that wait in the chunk that is being filled. */
  get waiting(): number {
    return this.#filling?.size ?? 0;
  }

  /** Size of chunks that the backend has shown to take. */
  get cap(): SizeCap {
    this.#cap ??= new SizeCap(this.#largest);
    return this.#cap;
  }

  /** Takes over that a chunk of so many inputs has passed. */
  passed(size: number): void {
    this.#largest = Math.max(this.#largest, size);
    this.#cap?.passed(size);
  }

  /** Sets the weight of the next chunk: in tokens as they are expected to count or, with nothing weighed, in inputs. */
  aim(weight: number): void {
    const { maxInputs, maxTokens } = this.#limits;
    if (this.#weigh === undefined) this.#maxInputs = Math.min(maxInputs, Math.max(1, Math.round(weight)));
    else this.#maxTokens = Math.min(maxTokens, weight);
  }

  /** Returns whether the input is the first one of a chunk that is still being filled. */
  add(index: number, input: Input): boolean {
    const weight = this.#weigh?.(input);
    if (this.#filling !== undefined && weight !== undefined && !this.#fits(this.#filling, weight)) this.#close();
    this.#filling ??= new Chunk<Input>();
    this.#filling.add(index, input, weight);
    this.held++;
    if (this.#filling.size >= this.#maxInputs) this.#close();
    return this.#filling?.size === 1;
  }

  /** Takes single inputs from those behind a full chunk, far apart. */
  pick(count: number): Chunk<Input>[] {
    const [picked, rest] = (this.#filling ?? new Chunk<Input>()).single(count);
    this.held -= picked.length;
    this.#filling = rest.size > 0 ? rest : undefined;
    return picked;
  }

  /** Tells whether there is a chunk to take: a full one or, with `partial`, whatever has been added. */
  isReady(partial: boolean): boolean {
    // What was read ahead may be as much as a full one.
    return this.#full !== undefined || (this.#filling !== undefined && (partial || this.held >= this.#maxInputs));
  }

  /** The next chunk: the full one or, without one, whatever has been added. */
  take(): Chunk<Input> | undefined {
    const chunk = this.#full ?? this.#filling;
    if (chunk === this.#filling) this.#filling = undefined;
    this.#full = undefined;
    if (chunk === undefined) return undefined;
    this.held -= chunk.size;
    const most = this.#cap !== undefined && chunk.size > this.#cap.most ? this.#cap.next() : this.#maxInputs;
    if (chunk.size <= most && this.#fits(chunk, WEIGHTLESS)) return chunk;
    // It was packed by what was expected then, is a part put back before others, or was read ahead.
    const fitting = chunk.countWithin(this.#maxTokens / (this.#calibration?.factor ?? 1), this.#limits.maxBytes);
    const count = Math.max(1, Math.min(fitting, most));
    if (count === chunk.size) return chunk;
    const [first, rest] = chunk.cut(count);
    this.putBack(rest);
    return first;
  }

  /** Takes back the part of a chunk that does not go out yet: it is first again. */
  putBack(rest: Chunk<Input>): void {
    this.held += rest.size;
    const behind = this.#filling;
    // The other part of what was one chunk, and within the limits of inputs and bytes.
    if (this.#full !== undefined) this.#full = rest.join(this.#full);
    else if (behind === undefined) this.#filling = rest;
    else if (rest.size + behind.size < this.#limits.maxInputs && rest.bytes + behind.bytes <= this.#limits.maxBytes)
      this.#filling = rest.join(behind);
    else this.#full = rest;
  }

  /** Nothing more is added to what is being filled. Behind a full chunk it was read ahead, and is cut as it goes out. */
  #close(): void {
    if (this.#full !== undefined) return;
    this.#full = this.#filling;
    this.#filling = undefined;
  }

  #fits(chunk: Chunk<Input>, weight: Weight): boolean {
    return (
      (chunk.tokens + (weight.tokens ?? 0) + (weight.outputTokens ?? 0)) * (this.#calibration?.factor ?? 1) <=
        this.#maxTokens && chunk.bytes + (weight.bytes ?? 0) <= this.#limits.maxBytes
    );
  }
}

const WEIGHTLESS: Weight = {};
