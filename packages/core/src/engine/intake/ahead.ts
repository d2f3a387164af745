import { sleep } from "../../contract/clock.ts";
import { toError } from "../../contract/errors.ts";
import type { Settler } from "../results/settler.ts";
import type { StageContext } from "../stage-context.ts";
import { Chunk, farApart } from "./chunk.ts";
import type { Packer } from "./packer.ts";
import type { SourceReader } from "./source.ts";

/** Inputs of a lazy source that are read ahead of their turn, and milliseconds in which it gives them. */
const READ_AHEAD = 256;
const READ_MS = 20;

/** Single inputs that are taken ahead of their turn, far apart: to ask what holds for all. */
export class Ahead<Input, Output> {
  readonly #context: StageContext<Input, Output>;
  readonly #settler: Settler<Input, Output>;
  #taken = 0;
  /** Chunk that goes out next, once it has been prepared. Changed here alone. */
  next: Chunk<Input> | undefined;

  constructor(context: StageContext<Input, Output>, settler: Settler<Input, Output>) {
    this.#context = context;
    this.#settler = settler;
  }

  prepare(): void {
    this.next ??= this.take();
  }

  release(): Chunk<Input> | undefined {
    const { next } = this;
    this.next = undefined;
    return next;
  }

  /** Chunks of one input. A lazy source is read on, and not waited for where it gives slowly. */
  async takeSome(
    count: number,
    beyond: number,
    packer: Packer<Input>,
    reader: SourceReader<Input>,
  ): Promise<Chunk<Input>[]> {
    const { options, source } = this.#context;
    if (source.inputs !== undefined)
      return Array.from({ length: count }, () => this.take()).filter((each) => each !== undefined);
    packer.reach = READ_AHEAD;
    packer.beyond = beyond;
    source.fill(reader);
    await sleep(READ_MS, options.clock);
    packer.reach = 0;
    packer.beyond = 0;
    return packer.pick(count);
  }

  /** A chunk of one input from an array; undefined where there is none, or where it is settled without a call. */
  take(): Chunk<Input> | undefined {
    const { options, source } = this.#context;
    const { inputs, pulled } = source;
    if (inputs === undefined || source.ended) return undefined;
    const index = pulled + farApart(this.#taken++, inputs.length - pulled);
    if (source.skip?.(index) !== true) return undefined;
    const input = inputs[index] as Input;
    const chunk = new Chunk<Input>();
    try {
      if (options.keyOf !== undefined && this.#settler.joinDuplicate(index, input)) return undefined;
      chunk.add(index, input, options.weigh?.(input));
      return chunk;
    } catch (error) {
      // `weigh` or `dedupe` threw: it is the failure of this input alone.
      this.#settler.reject(index, input, toError(error));
      return undefined;
    }
  }
}
