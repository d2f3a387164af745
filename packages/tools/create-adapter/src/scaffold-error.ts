/** Reason for which nothing was written: what was expected, what was got, what to do. */
export class ScaffoldError extends Error {
  override readonly name: string = "ScaffoldError";
}
