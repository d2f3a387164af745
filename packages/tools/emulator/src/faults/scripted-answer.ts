import { unitOf } from "../content/hash.ts";
import { isObject } from "../content/json.ts";
import type { Dice } from "../dice.ts";

/** Answer that is sent instead of the good one when all the conditions that it has are met. */
export interface ScriptedAnswer {
  /** Name by which `stats().faults` counts it. */
  readonly name: string;
  /** Share of the requests, 0 to 1. */
  readonly rate?: number | undefined;
  /** Share of the inputs, 0 to 1, each of which meets it in every request that holds it. */
  readonly inputs?: number | undefined;
  /** Part of an input. */
  readonly marker?: string | undefined;
  /** Number of inputs that a request must exceed. */
  readonly moreThan?: number | undefined;
  /** Number of characters that an input must exceed. */
  readonly longerThan?: number | undefined;
  /** Field of the body. */
  readonly field?: string | undefined;
  /** Value of that field. @default any */
  readonly value?: string | undefined;
  /** Path, such as `/v1/embeddings`. @default any endpoint with inputs */
  readonly path?: string | undefined;
  /** Milliseconds of the clock since the start or the last `reset`: from the first to before the second. */
  readonly during?: readonly [number, number] | undefined;
  /** True for the answer that says that the quota is used up, with `quotaAfterRequests`. @default false */
  readonly spent?: boolean | undefined;
  /** Status. @default none: the connection is reset */
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Body: an object or a list as JSON; a text as it is, HTML if it begins with `<`. @default empty */
  readonly body?: unknown;
  /** Time that it takes, in milliseconds. @default as long as any other answer */
  readonly delayMs?: number | undefined;
}

/** Request, as far as conditions look at it. */
export interface ScriptedRequest {
  readonly path: string;
  readonly body: unknown;
  readonly inputs: readonly string[];
  readonly dice: Dice;
  readonly seed: number;
  readonly ageMs: number;
}

/** Answer to a request with inputs, if one applies. */
export function scriptedAnswer(
  answers: readonly ScriptedAnswer[],
  request: ScriptedRequest,
): ScriptedAnswer | undefined {
  return request.inputs.length === 0 ? undefined : answers.find((each) => applies(each, request));
}

/** Answer of a server that is down: it looks at no request. */
export function outageAnswer(answers: readonly ScriptedAnswer[], ageMs: number): ScriptedAnswer | undefined {
  return answers.find((each) => isOutage(each) && isWithin(each, ageMs));
}

const OF_REQUESTS = ["rate", "inputs", "marker", "moreThan", "longerThan", "field", "path", "spent"] as const;

function isOutage(answer: ScriptedAnswer): boolean {
  return answer.during !== undefined && OF_REQUESTS.every((condition) => answer[condition] === undefined);
}

function isWithin({ during }: ScriptedAnswer, ageMs: number): boolean {
  return during === undefined || (ageMs >= during[0] && ageMs < during[1]);
}

function applies(answer: ScriptedAnswer, { path, body, inputs, dice, seed, ageMs }: ScriptedRequest): boolean {
  const { name, rate, inputs: share, marker, moreThan, longerThan, field, value } = answer;
  if (answer.spent === true || isOutage(answer) || !isWithin(answer, ageMs)) return false;
  if (answer.path !== undefined && answer.path !== path) return false;
  const asked = field !== undefined && isObject(body) ? body[field] : undefined;
  if (field !== undefined && (asked === undefined || (value !== undefined && asked !== value))) return false;
  if (inputs.length <= (moreThan ?? 0)) return false;
  const ofInput = (input: string): boolean =>
    (marker === undefined || input.includes(marker)) &&
    (longerThan === undefined || input.length > longerThan) &&
    (share === undefined || unitOf(`${name} ${seed} ${input}`) < share);
  return inputs.some(ofInput) && (rate === undefined || dice.roll(`answer ${name}`) < rate);
}
