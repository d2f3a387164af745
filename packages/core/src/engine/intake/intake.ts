import { toError } from "../../contract/errors.ts";
import type { Admission } from "../admission/admission.ts";
import type { ResolvedOptions } from "../resolve/resolve-options.ts";
import type { Backlog } from "../results/outcome-sink.ts";
import type { Settler } from "../results/settler.ts";
import type { StageContext } from "../stage-context.ts";
import { QUIET_MS } from "../../recovery/health.ts";
import { probeSize } from "./chunk-size.ts";
import { NearEnd } from "./near-end.ts";
import { Ahead } from "./ahead.ts";
import type { Chunk } from "./chunk.ts";
import { FlushTimer } from "./flush-timer.ts";
import { Packer } from "./packer.ts";
import { RequestTarget } from "./request-target.ts";
import type { Source, SourceReader } from "./source.ts";

/** State of the intake: a chunk can be taken, or may be later, or never again. */
export type IntakeState = "chunk" | "wait" | "done";

/**
 * Intake of a stage: takes inputs from the source as they are wanted, packs them, and hands out chunks of the size that
 * the moment asks for. Counts the chunks that are outstanding.
 */
export class Intake<Input, Output> implements SourceReader<Input> {
  readonly #options: ResolvedOptions<Input, Output>;
  readonly #source: Source<Input>;
  readonly #backlog: Backlog;
  readonly #settler: Settler<Input, Output>;
  readonly #admission: Admission;
  readonly #packer: Packer<Input>;
  readonly #timer: FlushTimer | undefined;
  readonly #ahead: Ahead<Input, Output>;
  /** Chunks that may be outstanding at once, and their inputs that may be without an outcome (L11). */
  readonly #mostChunks: number;
  /** Inputs in a chunk: the limit or, without one, the largest so far. */
  #usualSize: number;
  /** Chunks that have been taken and still have an input without an outcome. */
  #outstanding = 0;
  #nearEnd: NearEnd | undefined;
  /** Chunk that finds out the limits: what follows is not packed before it is back. */
  #probe: { chunk: Chunk<Input>; readonly cancel: () => void } | undefined;
  #isClosed = false;
  readonly #target: RequestTarget<Input, Output> | undefined;

  constructor(context: StageContext<Input, Output>, settler: Settler<Input, Output>, admission: Admission) {
    const { options, source, sink } = context;
    const { limits, maxConcurrency, maxWaitMs } = options;
    this.#options = options;
    this.#source = source;
    this.#backlog = sink.backlog;
    this.#settler = settler;
    this.#admission = admission;
    this.#packer = new Packer(options);
    this.#ahead = new Ahead(context, settler);
    if (options.size !== undefined) this.#target = new RequestTarget(context);
    if (maxWaitMs !== undefined || !("advance" in source)) {
      this.#timer = new FlushTimer(context, this.#packer, () => this.#outstanding === 0 && source.isIdle?.() !== false);
    }
    this.#mostChunks = 2 * maxConcurrency;
    this.#usualSize = limits.maxInputs === Infinity ? 1 : limits.maxInputs;
  }

  /** Size of chunks that the backend has shown to take. */
  get cap(): Packer<Input>["cap"] {
    return this.#packer.cap;
  }

  /** Sizes of what goes out near the end of the batch. */
  get nearEnd(): NearEnd {
    return (this.#nearEnd ??= new NearEnd(this.#options, this.#source, this.#packer, this.#settler));
  }

  /** Takes on inputs, and tells whether `take` has a chunk to give. */
  poll(): IntakeState {
    if (this.#isClosed) return "done";
    // What has failed may be bad: another input tells whether there is an outage.
    const isStuck = this.#outstanding >= this.#mostChunks && this.#settler.health.isSilent(QUIET_MS);
    if (this.#options.limiter?.outage !== undefined || isStuck) this.#ahead.prepare();
    if (!this.#source.ended || this.#packer.held > 0 || this.#ahead.next !== undefined) {
      if (this.#mayStart()) {
        if (this.#ahead.next !== undefined) return "chunk";
        if (this.#target !== undefined) this.#packer.aim(this.#target.next(this.#packer.held));
        this.#source.fill(this);
        if ((this.#outstanding < this.#mostChunks || isStuck) && this.#packer.isReady(this.#isPartialWanted()))
          return "chunk";
      }
      if (!this.#source.ended || this.#packer.held > 0) return "wait";
    }
    return this.#outstanding === 0 ? "done" : "wait";
  }

  /** The chunk that `poll` has found: a small one while nothing is known of the limits. */
  take(): Chunk<Input> {
    let chunk = (this.#ahead.release() ?? this.#packer.take()) as Chunk<Input>;
    const { clock, limits, limiter } = this.#options;
    if (limiter?.probing === true) {
      chunk = this.cut(chunk, probeSize(chunk));
      // One that hangs, as its input may make it, is not waited for.
      const cancel = clock.after(QUIET_MS, () => this.#probe && this.called(this.#probe.chunk, false));
      this.#probe = { chunk, cancel };
    }
    this.#timer?.sent();
    this.#outstanding++;
    this.#target?.sent(chunk);
    if (limits.maxInputs === Infinity) this.#usualSize = Math.max(this.#usualSize, chunk.size);
    return chunk;
  }

  /** Chunks of one input each, ahead of their turn. @param beyond inputs by which L11's bound may be passed for it */
  async takeAhead(count: number, beyond: number): Promise<Chunk<Input>[]> {
    const chunks = await this.#ahead.takeSome(count, beyond, this.#packer, this);
    this.#outstanding += chunks.length;
    return chunks;
  }

  /** The part of a chunk that goes out where it has to wait at the limits: less near the end of a batch. */
  lighten(chunk: Chunk<Input>): Chunk<Input> {
    return this.cut(chunk, this.nearEnd.waitingPart(chunk));
  }

  /** The first `count` inputs of a chunk; the others go back to wait for the next one. */
  cut(chunk: Chunk<Input>, count: number): Chunk<Input> {
    if (count >= chunk.size) return chunk;
    const [part, rest] = chunk.cut(count);
    this.#packer.putBack(rest);
    if (chunk === this.#probe?.chunk) this.#probe.chunk = part;
    return part;
  }

  /** The first call for a chunk is over. Others may have waited for what it finds out. */
  called(chunk: Chunk<Input>, hasPassed: boolean): void {
    if (hasPassed) this.#packer.passed(chunk.size);
    if (chunk !== this.#probe?.chunk) return;
    this.#probe.cancel();
    this.#probe = undefined;
    this.wake();
  }

  /** Every input of a chunk that was taken has its outcome, or the batch has ended. */
  finished(): void {
    this.#outstanding--;
  }

  /** True where nothing is under way that could bring outcomes. */
  get isIdle(): boolean {
    return this.#outstanding === 0 && this.#packer.held === 0 && this.#source.isIdle?.() !== false;
  }

  /** Takes nothing more from the source. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#probe?.cancel();
    this.#source.close();
  }

  wants(): boolean {
    return this.#packer.isOpen && this.#mayTakeOn();
  }

  add(index: number, input: Input): void {
    try {
      if (this.#options.keyOf !== undefined && this.#settler.joinDuplicate(index, input)) return;
      if (this.#packer.add(index, input)) this.#timer?.watch();
    } catch (error) {
      // `weigh` or `dedupe` threw: it is the failure of this input alone.
      this.#settler.reject(index, input, toError(error));
    }
  }

  wake(): void {
    this.#admission.semaphore.wake();
  }

  /** Tells whether a call may start: outcomes that have not been taken count as if they were in flight. */
  #mayStart(): boolean {
    const places = this.#probe === undefined ? this.#admission.places : 0;
    return places > 0 && (this.#backlog.waiting < places * this.#usualSize || this.#sleep());
  }

  /** At most twice the work that can be in flight is taken on, what is in backoff included (L11). */
  #mayTakeOn(): boolean {
    if (this.#isClosed || (this.#outstanding >= this.#mostChunks && this.#packer.beyond === 0)) return false;
    const most = this.#mostChunks * this.#options.limits.maxInputs + this.#packer.beyond;
    return this.#source.pulled - this.#settler.count + this.#backlog.held < most || this.#sleep();
  }

  #sleep(): false {
    this.#backlog.wakeWhenTaken(this.#admission.semaphore);
    return false;
  }

  /** Tells whether a chunk that is not full may go out. */
  #isPartialWanted(): boolean {
    if (this.#source.ended || this.#timer?.isFlushing === true) return true;
    // Nothing under way, and no more may be taken on: equal inputs that wait for this very chunk fill the bound.
    return this.#outstanding === 0 && !this.#mayTakeOn();
  }
}
