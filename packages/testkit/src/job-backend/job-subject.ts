import { isDeepStrictEqual } from "node:util";

import { ArgumentError, type JobBackend } from "@batchwise/core";

/**
 * Situation of a provider's offline jobs:
 *
 * - `well`: every line is answered, and the rows are in another order than the lines;
 * - `bad line`: the same, but the line of `badInput` is refused, with no other way to succeed;
 * - `no good line`: every line fails;
 * - `expired`: the job ends by the provider's time limit, with some of its lines answered and some not;
 * - `under way`: some lines are answered, and the job stays so until it is canceled;
 * - `rows late`: all lines are worked off, and the rows cannot be read yet;
 * - `unreadable row`: the same as `well`, but the row of `badLine` cannot be parsed, with others after it;
 * - `foreign row`: the same as `well`, with one more row, whose id is not a line's;
 * - `silent`: no call is ever answered.
 */
export interface JobSituation<Input> {
  readonly name:
    | "well"
    | "bad line"
    | "no good line"
    | "expired"
    | "under way"
    | "rows late"
    | "unreadable row"
    | "foreign row"
    | "silent";
  /** Input that `bad line` speaks of. */
  readonly badInput: Input;
  /** Id of its line. */
  readonly badLine: string;
}

/** Number of a law of job backends, such as "J7". */
export type JobLawNumber = `J${number}`;

/** Facts about a job backend that its laws need. */
export interface JobSubjectOptions<Input, Output> {
  /** Inputs to run with: at least 6, all different, with outputs that are all different. */
  readonly inputs: readonly Input[];
  /** Output of an input, as a live call gives it. */
  readonly expected: (input: Input) => Output | Promise<Output>;
  /** Makes a new backend whose provider is in the situation. A provider of its own each time: no older jobs are there. */
  readonly create: (situation: JobSituation<Input>) => JobBackend<Input, Output> | Promise<JobBackend<Input, Output>>;
  /** Key that `create` gives the backend, to be looked for where it must not be. */
  readonly key: string;
  /** Compares two outputs. @default node:util's isDeepStrictEqual */
  readonly equals?: (left: Output, right: Output) => boolean;
  /** Id of a job that the provider does not know, in the provider's form. @default "no-such-job" */
  readonly unknownId?: string;
  /** Laws that do not apply, each with the reason, which the run lists. */
  readonly skip?: Partial<Record<JobLawNumber, string>>;
  /** Longest wait for a job to end, and for an aborted call, in real milliseconds. @default 2000 */
  readonly patienceMs?: number;
}

/** Job backend under test, with its defaults filled in. */
export type JobSubject<Input, Output> = Required<JobSubjectOptions<Input, Output>>;

const LEAST_INPUTS = 6;

/**
 * Fills in the defaults.
 *
 * @param laws numbers that `skip` may name
 * @throws ArgumentError for inputs that are too few or alike, no key, and gaps without a reason
 */
export function defineJobSubject<Input, Output>(
  options: JobSubjectOptions<Input, Output>,
  laws: readonly JobLawNumber[],
): JobSubject<Input, Output> {
  const { create, expected, inputs, key, skip = {} } = options;
  for (const [name, value] of Object.entries({ create, expected })) {
    if (typeof value !== "function") throw invalid(`\`${name}\` to be a function`, typeof value, "Give one.");
  }
  const isList = Array.isArray(inputs);
  const count = isList
    ? inputs.filter((input, index) => inputs.findIndex((each) => isDeepStrictEqual(each, input)) === index).length
    : 0;
  if (count < LEAST_INPUTS) {
    const got = isList ? `${count} different ones` : typeof inputs;
    throw invalid(`\`inputs\` to be an array of at least ${LEAST_INPUTS} different inputs`, got, "Give more.");
  }
  if (typeof key !== "string" || key.length < 8) {
    throw invalid(
      "`key` to be a text of at least 8 characters",
      "another value",
      "Any will do, as long as it is used.",
    );
  }
  for (const [law, reason] of Object.entries(skip)) {
    if (!laws.includes(law as JobLawNumber)) {
      throw invalid(`\`skip\` to name laws, ${laws[0]} to ${laws.at(-1)}`, law, "Correct the number.");
    }
    if (typeof reason !== "string" || reason.trim() === "") {
      throw invalid(`\`skip.${law}\` to say why`, "no reason", "The run lists the reason.");
    }
  }
  return { equals: isDeepStrictEqual, unknownId: "no-such-job", patienceMs: 2000, ...options, skip };
}

function invalid(expected: string, got: string, advice: string): ArgumentError {
  return new ArgumentError(`Expected ${expected}, got ${got}. ${advice}`);
}
