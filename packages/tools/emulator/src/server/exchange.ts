import type { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";

import { Dice } from "../dice.ts";
import type { Settings } from "../options.ts";
import type { World } from "../world.ts";

/** One request and its answer, from the first header to the last byte. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly world: World;
  readonly settings: Settings;
  readonly number: number;
  /** Differs for every request, the same in every run. */
  readonly id: string;
  readonly dice: Dice;
  readonly startedAt: number;
  #charged = 0;
  /** The inputs that the answer on its way holds; undefined where it is none. */
  #answers: readonly string[] | undefined;
  #isSettled = false;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, world: World) {
    this.request = request;
    this.response = response;
    this.world = world;
    this.settings = world.settings;
    this.number = world.nextNumber();
    this.dice = new Dice(world.settings.seed, this.number);
    this.id = `${hex(this.dice.roll("id") * 2 ** 32)}${hex(this.number)}`;
    this.startedAt = world.clock.now();
    world.recorder.entered();
    response.once("close", () => this.#close());
  }

  /** Whether the client has gone, or has got everything. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Milliseconds since the request arrived. */
  get ageMs(): number {
    return this.world.clock.now() - this.startedAt;
  }

  /** Resolves when the exchange is `ms` milliseconds old, or over. */
  async untilAge(ms: number): Promise<void> {
    const left = ms - this.ageMs;
    if (left <= 0 || this.#isOver) return;
    await new Promise<void>((resolve) => {
      const cancel = this.world.clock.after(left, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }

  /** The request was let in. */
  charge(tokens: number): void {
    this.#charged = tokens;
    this.world.recorder.tokensAdmitted += tokens;
    // The client may have gone while its tokens were counted.
    if (this.#isOver) this.world.recorder.tokensWasted += tokens;
  }

  /** What is sent from now on is a good answer to these inputs. */
  answers(inputs: readonly string[]): void {
    this.#answers = inputs;
  }

  /** Sends the last of the answer. It is counted before a client can have read it. */
  end(chunk?: string | Buffer): void {
    this.settle();
    if (chunk === undefined) this.response.end();
    else this.response.end(chunk);
  }

  /** Counts what has become of the request; once. */
  settle(): void {
    if (this.#isSettled || this.#isOver) return;
    this.#isSettled = true;
    if (this.#answers === undefined) this.world.recorder.tokensWasted += this.#charged;
    else this.world.recorder.answer(this.#answers, 1);
  }

  #close(): void {
    const { recorder } = this.world;
    this.#isOver = true;
    recorder.inFlight--;
    if (!this.#isSettled || (this.#answers !== undefined && !this.response.writableFinished)) {
      recorder.aborted++;
      recorder.tokensWasted += this.#charged;
      if (this.#isSettled && this.#answers !== undefined) recorder.answer(this.#answers, -1);
    }
    this.#wake?.();
  }
}

function hex(number: number): string {
  return Math.floor(number).toString(16).padStart(8, "0");
}
