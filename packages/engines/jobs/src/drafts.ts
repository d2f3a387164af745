import { createHash } from "node:crypto";
import { InputError, type JobBackend, type JobCaps, type JobLine } from "@batchwise/core";

/** A line that is going to be written. */
export interface DraftLine {
  readonly id: string;
  /** Positions of its inputs among the call's. */
  readonly positions: readonly number[];
}

/** A job that is going to be created, or was. The text of its lines is written when it is asked for, and not kept. */
export interface Draft {
  readonly lines: readonly DraftLine[];
  /** Positions of all its inputs among the call's. */
  readonly positions: readonly number[];
  readonly tokens: number;
  /** Hash of who is asked and of every line: a job with the same key gives the same answers. */
  readonly key: string;
  write(): JobLine[];
}

/** As long as an id can become. */
export const LONGEST_ID = "0000000";

/** What jobs are cut by. */
export interface Cutter<Input> {
  readonly backend: JobBackend<Input>;
  readonly caps: JobCaps;
  /** Tokens of an input. */
  readonly tokens: (input: Input) => number;
  /** An input cannot be put into any job. */
  readonly refuse: (position: number, error: InputError) => void;
}

/** Cuts inputs into jobs within the caps, in their order. The same inputs are cut in the same way every time. */
export function* drafts<Input>(
  inputs: readonly Input[],
  positions: Iterable<number>,
  cutter: Cutter<Input>,
): Generator<Draft, void, undefined> {
  let filling = new Filling(inputs, cutter);
  for (const group of groups(inputs, positions, cutter)) {
    for (const part of fitting(inputs, group, cutter)) {
      let line = filling.write(part);
      if (!filling.fits(line)) {
        yield filling.finish();
        filling = new Filling(inputs, cutter);
        line = filling.write(part);
      }
      filling.add(line);
    }
  }
  if (filling.lines.length > 0) yield filling.finish();
}

/** Bytes of a line as it is written, with its newline. */
export function bytesOf({ text }: JobLine): number {
  return Buffer.byteLength(text) + 1;
}

interface WrittenLine extends DraftLine {
  readonly text: string;
  readonly bytes: number;
  readonly tokens: number;
}

class Filling<Input> {
  readonly lines: DraftLine[] = [];
  readonly #positions: number[] = [];
  readonly #inputs: readonly Input[];
  readonly #cutter: Cutter<Input>;
  readonly #hash = createHash("sha256");
  #bytes = 0;
  #tokens = 0;

  constructor(inputs: readonly Input[], cutter: Cutter<Input>) {
    this.#inputs = inputs;
    this.#cutter = cutter;
    this.#hash.update(cutter.backend.identity);
  }

  /** Its id says where it stands in its job, so that the key is the same whatever else the call holds. */
  write(positions: readonly number[]): WrittenLine {
    const id = String(this.lines.length);
    const part = pick(this.#inputs, positions);
    const line = this.#cutter.backend.line(part, id);
    const tokens = part.reduce((sum, input) => sum + this.#cutter.tokens(input), 0);
    return { id, positions, text: line.text, bytes: bytesOf(line), tokens };
  }

  /** A line that is over a cap by itself makes a job of its own. */
  fits(line: WrittenLine): boolean {
    const { lines = Infinity, bytes = Infinity, inputs = Infinity, enqueuedTokens = Infinity } = this.#cutter.caps;
    if (this.lines.length === 0) return true;
    return (
      this.lines.length < lines &&
      this.#bytes + line.bytes <= bytes &&
      this.#positions.length + line.positions.length <= inputs &&
      this.#tokens + line.tokens <= enqueuedTokens
    );
  }

  add({ id, positions, text, bytes, tokens }: WrittenLine): void {
    this.lines.push({ id, positions });
    for (const position of positions) this.#positions.push(position);
    this.#bytes += bytes;
    this.#tokens += tokens;
    this.#hash.update("\n").update(text);
  }

  finish(): Draft {
    const { backend } = this.#cutter;
    return {
      lines: this.lines,
      positions: this.#positions,
      tokens: this.#tokens,
      key: this.#hash.digest("hex").slice(0, 32),
      write: () => this.lines.map(({ id, positions }) => backend.line(pick(this.#inputs, positions), id)),
    };
  }
}

/** Inputs that share a line. */
function* groups<Input>(
  inputs: readonly Input[],
  positions: Iterable<number>,
  { caps, tokens }: Cutter<Input>,
): Generator<number[], void, undefined> {
  const { inputsPerLine = 1, tokensPerLine = Infinity, inputs: inputsPerJob = Infinity } = caps;
  const most = Math.min(inputsPerLine, inputsPerJob);
  let group: number[] = [];
  let weight = 0;
  for (const position of positions) {
    const added = tokensPerLine === Infinity ? 0 : tokens(inputs[position] as Input);
    if (group.length >= most || (group.length > 0 && weight + added > tokensPerLine)) {
      yield group;
      group = [];
      weight = 0;
    }
    group.push(position);
    weight += added;
  }
  if (group.length > 0) yield group;
}

/** A group that makes one line; as several, where that would be larger than a job. */
function* fitting<Input>(
  inputs: readonly Input[],
  group: readonly number[],
  cutter: Cutter<Input>,
): Generator<readonly number[], void, undefined> {
  const { backend, caps, refuse } = cutter;
  const { bytes: most = Infinity } = caps;
  const bytes = most === Infinity ? 0 : bytesOf(backend.line(pick(inputs, group), LONGEST_ID));
  if (bytes <= most) {
    yield group;
  } else if (group.length > 1) {
    const half = group.length >> 1;
    yield* fitting(inputs, group.slice(0, half), cutter);
    yield* fitting(inputs, group.slice(half), cutter);
  } else {
    const message = `The input makes a line of ${bytes} bytes; a job holds at most ${most}. Shorten it, or send it live.`;
    refuse(group[0] as number, new InputError(message, { code: "request_too_large" }));
  }
}

/** The inputs at these positions. */
export function pick<Input>(inputs: readonly Input[], positions: readonly number[]): Input[] {
  return positions.map((position) => inputs[position] as Input);
}
