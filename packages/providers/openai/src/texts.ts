import { type CallOptions, type InputError, sleep, systemClock } from "@batchwise/core";
import { emptyText, notText, overlongText } from "./text-errors.ts";
import { type Cutter, type Fit, loadCutter } from "./tokens.ts";
import { utf8Length } from "./utf8.ts";

/** Inputs that can be sent, and those that can't. */
interface Texts {
  readonly sent: readonly string[];
  /** Where each of `sent` stands among the inputs. */
  readonly positions: readonly number[];
  /** Position and error of each input that is not sent. */
  readonly refused: ReadonlyMap<number, InputError>;
}

/** What happens to a text with more tokens than the model reads. */
export interface Length {
  /** Undefined where the limit is not known: then the provider decides. */
  readonly maxTokens: number | undefined;
  readonly truncate: boolean;
}

/** Makes one call for texts that can be sent. Resolves to one result for each. */
export type SendTexts<Output> = (
  sent: readonly string[],
  positions: readonly number[],
) => Promise<readonly (Output | Error)[]>;

/**
 * One result for each input. What the provider would refuse is not sent and has its error in its slot; where nothing is
 * left, there is no call.
 *
 * @throws what `send` throws, or the signal's reason
 */
export async function answerTexts<Output>(
  inputs: readonly unknown[],
  length: Length,
  { signal, report }: CallOptions,
  send: SendTexts<Output>,
): Promise<readonly (Output | Error)[]> {
  signal?.throwIfAborted();
  const { sent, positions, refused } = await readTexts(inputs, length, signal);
  const slots: (Output | Error)[] = [];
  for (const [position, error] of refused) slots[position] = error;
  if (sent.length > 0) {
    const results = await send(sent, positions);
    for (const [place, position] of positions.entries()) slots[position] = results[place]!;
  } else report?.({ usage: { inputTokens: 0 } });
  return slots;
}

/**
 * One text as it is sent, for requests that are written without waiting.
 *
 * @param cutter needed where there is a limit
 * @throws InputError for what can't be sent
 */
export function sendable(input: unknown, { maxTokens, truncate }: Length, cutter: Cutter | undefined): string {
  requireText(input, 0);
  if (maxTokens === undefined || cutter === undefined || utf8Length(input, maxTokens + 1) <= maxTokens) return input;
  const { beginning, fits } = cutter.fit(input, maxTokens);
  cutter.forget();
  if (truncate ? beginning === "" : !fits) throw overlongText(0, maxTokens);
  return truncate ? beginning : input;
}

/**
 * @param position among the inputs of a request, where there is one
 * @throws InputError for what is no text, or an empty one
 */
export function requireText(input: unknown, position?: number): asserts input is string {
  if (!isText(input)) throw unsendable(input, position);
}

function isText(input: unknown): input is string {
  return typeof input === "string" && input !== "";
}

function unsendable(input: unknown, position?: number): InputError {
  return typeof input === "string" ? emptyText(position) : notText(input, position);
}

async function readTexts(
  inputs: readonly unknown[],
  { maxTokens, truncate }: Length,
  signal: AbortSignal | undefined,
): Promise<Texts> {
  const sent: string[] = [];
  const positions: number[] = [];
  const refused = new Map<number, InputError>();
  const suspects: number[] = [];
  for (const [position, input] of inputs.entries()) {
    if (!isText(input)) refused.set(position, unsendable(input, position));
    else {
      // Tokens are never more than bytes: only a text with more of those needs counting.
      if (maxTokens !== undefined && utf8Length(input, maxTokens + 1) > maxTokens) suspects.push(position);
      sent.push(input);
      positions.push(position);
    }
  }
  if (suspects.length === 0 || maxTokens === undefined) return { sent, positions, refused };
  const long = await fitLong(inputs as readonly string[], suspects, maxTokens, signal);
  for (const [position, { beginning, fits }] of long) {
    // Not even the first character is within the limit: there is nothing to send.
    if (truncate ? beginning === "" : !fits) refused.set(position, overlongText(position, maxTokens));
  }
  const left = positions.filter((position) => !refused.has(position));
  const cut = (position: number): string | undefined => (truncate ? long.get(position)?.beginning : undefined);
  return { sent: left.map((position) => cut(position) ?? (inputs[position] as string)), positions: left, refused };
}

/** How texts that may be too long stand with the limit, by position. */
async function fitLong(
  inputs: readonly string[],
  positions: readonly number[],
  maxTokens: number,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, Fit>> {
  const cutter = await loadCutter();
  const fits = new Map<number, Fit>();
  let characters = 0;
  try {
    for (const position of positions) {
      const fit = cutter.fit(inputs[position]!, maxTokens);
      fits.set(position, fit);
      characters += fit.beginning.length;
      if (characters > CHARACTERS_AT_A_TIME) {
        characters = 0;
        await sleep(0, systemClock, signal);
      }
    }
  } finally {
    cutter.forget();
  }
  return fits;
}

/** Some 10 ms of counting; then other work has its turn. */
const CHARACTERS_AT_A_TIME = 65_536;
