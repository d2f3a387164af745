import type { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";

import { Dice } from "../dice.ts";
import type { Settings } from "../options.ts";
import type { Session } from "../session.ts";

/** Request and its answer, from the first header to the last byte. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly session: Session;
  readonly settings: Settings;
  readonly number: number;
  /** Unique to the request, the same in every run. */
  readonly id: string;
  readonly dice: Dice;
  readonly startedAt: number;
  #charged = 0;
  /** Inputs that the response answers; undefined for a refusal or a fault. */
  #answers: readonly string[] | undefined;
  #isSettled = false;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, session: Session) {
    this.request = request;
    this.response = response;
    this.session = session;
    this.settings = session.settings;
    this.number = session.nextNumber();
    this.dice = new Dice(session.settings.seed, this.number);
    this.id = `${hex(this.dice.roll("id") * 2 ** 32)}${hex(this.number)}`;
    this.startedAt = session.clock.now();
    session.recorder.entered();
    response.once("close", () => this.#close());
  }

  /** True once the client has received everything or disconnected. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Milliseconds since the request arrived. */
  get ageMs(): number {
    return this.session.clock.now() - this.startedAt;
  }

  /** Resolves when the exchange is `ms` milliseconds old, or over. */
  async untilAge(ms: number): Promise<void> {
    const left = ms - this.ageMs;
    if (left <= 0 || this.#isOver) return;
    await new Promise<void>((resolve) => {
      const cancel = this.session.clock.after(left, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }

  /** Counts the tokens of an admitted request. */
  charge(tokens: number): void {
    this.#charged = tokens;
    this.session.recorder.tokensAdmitted += tokens;
    // The client may have disconnected while its tokens were counted.
    if (this.#isOver) this.session.recorder.tokensWasted += tokens;
  }

  /** Marks the response as a good answer to these inputs. */
  answers(inputs: readonly string[]): void {
    this.#answers = inputs;
  }

  /** Sends the end of the answer, which is counted before a client can have read it. */
  end(chunk?: string | Buffer): void {
    this.settle();
    if (chunk === undefined) this.response.end();
    else this.response.end(chunk);
  }

  /** Counts the outcome of the request, once. */
  settle(): void {
    if (this.#isSettled || this.#isOver) return;
    this.#isSettled = true;
    if (this.#answers === undefined) this.session.recorder.tokensWasted += this.#charged;
    else this.session.recorder.answer(this.#answers, 1);
  }

  #close(): void {
    const { recorder } = this.session;
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
