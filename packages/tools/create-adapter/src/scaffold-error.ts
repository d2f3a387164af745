/** Why nothing was written: what was expected, what came, what to do. */
export class ScaffoldError extends Error {
  override readonly name: string = "ScaffoldError";
}
