import type { Chunk } from "../engine/intake/chunk.ts";
import type { Intake } from "../engine/intake/intake.ts";

/** Near the end of a batch, untested inputs go out in parts of at most this share of what is left. */
const LAST_SHARE = 1 / 8;

/** Parts of a request that nothing is known about, while the bad inputs of others are searched for. */
export class Untested<Input> {
  readonly #intake: Intake<Input, never>;
  /** The last one is next. */
  readonly #parts: Chunk<Input>[] = [];
  /** Inputs that go out together. */
  #reach: number;

  /** @param size inputs of the whole request */
  constructor(intake: Pick<Intake<Input, never>, "cap" | "nearEnd">, size: number) {
    this.#intake = intake as Intake<Input, never>;
    this.#reach = size;
  }

  get count(): number {
    return this.#parts.length;
  }

  get last(): Chunk<Input> | undefined {
    return this.#parts.at(-1);
  }

  add(part: Chunk<Input>): void {
    this.#parts.push(part);
  }

  /** Adds a part to what is untested already, where both have had as many tries. */
  join(part: Chunk<Input>): void {
    const isLike = this.last?.retries === part.retries;
    this.add(isLike ? part.join(this.#parts.pop() as Chunk<Input>) : part);
  }

  /** Takes what goes out next: all of it at first. */
  next(): Chunk<Input> {
    const next = this.#parts.pop() as Chunk<Input>;
    const { cap, nearEnd } = this.#intake;
    const most = next.size > cap.most ? cap.next() : next.size;
    const size = Math.min(this.#reach, most, nearEnd.lastPart(next, LAST_SHARE));
    if (next.size <= size) return next;
    const [near, far] = next.cut(size);
    this.add(far);
    return near;
  }

  /** A part was clean: more goes out the next time. */
  more(): void {
    this.#reach *= 2;
  }

  /** A part was not: less goes out, so that many bad inputs cost little more than one call each. */
  less({ size }: Chunk<Input>): void {
    this.#reach = size >> 1;
  }
}
