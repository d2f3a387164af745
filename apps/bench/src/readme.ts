import { readFile, rename, writeFile } from "node:fs/promises";

/** Replaces the results of some suites in a README, by suite name. All of it is written, or nothing. */
export async function writeResults(file: URL, results: ReadonlyMap<string, string>): Promise<void> {
  const before = await readFile(file, "utf8");
  const after = [...results].reduce((text, [suite, result]) => replaceResult(text, suite, result), before);
  const temporary = new URL(`${file.href}.writing`);
  await writeFile(temporary, after);
  await rename(temporary, file);
}

/**
 * `text` with what stands between a suite's two markers replaced by `result`.
 *
 * @throws Error when the markers are not there exactly once, in order.
 */
export function replaceResult(text: string, suite: string, result: string): string {
  const start = `<!-- bench:${suite}:start -->`;
  const end = `<!-- bench:${suite}:end -->`;
  const [before, rest, ...more] = text.split(start);
  const [, after, ...further] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined || more.length > 0 || further.length > 0) {
    throw new Error(`Expected the README to hold ${start} and then ${end}, once each; put them where the table goes.`);
  }
  return `${before}${start}\n\n${result}\n\n${end}${after}`;
}
