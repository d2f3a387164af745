import { readFile, rename, writeFile } from "node:fs/promises";

/** Replaces the results of suites in a README, by suite name. Writes all of them, or none. */
export async function writeResults(file: URL, results: ReadonlyMap<string, string>): Promise<void> {
  const before = await readFile(file, "utf8");
  const after = [...results].reduce((text, [suite, result]) => replaceResult(text, suite, result), before);
  const temporary = new URL(`${file.href}.writing`);
  await writeFile(temporary, after);
  await rename(temporary, file);
}

/**
 * Replaces the text between a suite's two markers by `result`.
 *
 * @throws Error unless the markers exist exactly once, in order.
 */
export function replaceResult(text: string, suite: string, result: string): string {
  const start = `<!-- bench:${suite}:start -->`;
  const end = `<!-- bench:${suite}:end -->`;
  const [before, rest, ...more] = text.split(start);
  const [, after, ...further] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined || more.length > 0 || further.length > 0) {
    throw new Error(`Expected one ${start} and then one ${end} in the README, got others. Put them around the table.`);
  }
  return `${before}${start}\n\n${result}\n\n${end}${after}`;
}
