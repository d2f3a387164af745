/** How offline jobs run, and what goes wrong with them. */
export interface Jobs {
  /** How long a job takes, in milliseconds: always the same, or anything between two. @default 0 */
  readonly durationMs?: number | readonly [least: number, most: number] | undefined;
  /** How long Cohere takes to look at a dataset before a batch can read it, in milliseconds. @default 0 */
  readonly validationMs?: number | undefined;
  /** Tokens that may wait in the unfinished jobs of one model: a job beyond it is created, then fails. @default any */
  readonly enqueuedTokens?: number | undefined;
  /** Jobs that may be created in any hour; one more is a 429. @default any number */
  readonly creationsPerHour?: number | undefined;
  /** Share of the jobs that expire when their time is over. @default 0 */
  readonly expireRate?: number | undefined;
  /** Share of a job's lines that are done when it expires. @default 0.5 */
  readonly expireAfter?: number | undefined;
  /** Share of the lines that fail with a 500. @default 0 */
  readonly lineErrorRate?: number | undefined;
  /** How long a job that has ended does not name its files yet, in milliseconds. @default 0 */
  readonly missingFileMs?: number | undefined;
  /** How long it takes until a job that is cancelled has stopped, in milliseconds. @default 0 */
  readonly cancelMs?: number | undefined;
  /** Every line fails with a 500, so that there is an error file and no other. @default false */
  readonly onlyErrorFile?: boolean | undefined;
  /** What has no value is null, where the description of the API leaves it out. @default false */
  readonly nulls?: boolean | undefined;
  /** A file that was just uploaded cannot be found by the first job that is to read it. @default false */
  readonly fileNotFoundOnce?: boolean | undefined;
  /** Share of the jobs that are created although the connection is reset in place of the answer. @default 0 */
  readonly lostCreateRate?: number | undefined;
  /** How Cohere spells a job that was cancelled: as its API's description, or as its notebook. @default "CANCELED" */
  readonly canceledSpelling?: "CANCELED" | "CANCELLED" | undefined;
}
