/** Cell of a table. A number is shown with its column's digits; undefined as a dash. */
export type Cell = string | number | boolean | undefined;

/** Column of a table. */
export interface Column {
  /** Name of the field in each row, and in `--json`. */
  readonly key: string;
  readonly title: string;
  /** Digits after the point. @default 0 */
  readonly digits?: number;
}

/** Figure that the project promises. */
export interface Target {
  readonly name: string;
  readonly bound: "at most" | "at least";
  readonly limit: number;
  readonly measured: number;
  /** Unit of the numbers: "times", "bytes an item", ... */
  readonly unit: string;
}

/** Results of one suite. */
export interface SuiteReport {
  /** Name of the suite, which is its marker in the README. */
  readonly suite: string;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  readonly targets: readonly Target[];
}

/** Tells whether a promise was kept. One that could not be measured (NaN) was not. */
export function isKept(target: Target): boolean {
  return target.bound === "at most" ? target.measured <= target.limit : target.measured >= target.limit;
}

/** Promise and its verdict, in one line. */
export function describeTarget(target: Target): string {
  const verdict = isKept(target) ? "kept" : "missed";
  return `${target.name}: ${round(target.measured)} ${target.unit} (promised: ${target.bound} ${round(target.limit)}): ${verdict}`;
}

/** Two digits after the point below 100, none above. */
function round(value: number): string {
  return Math.abs(value) < 100 ? String(Math.round(value * 100) / 100) : String(Math.round(value));
}
