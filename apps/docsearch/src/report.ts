import type { CacheStats } from "@batchwise/cache";
import { BatchwiseError } from "@batchwise/core";
import { count, counted, dollars, duration } from "@batchwise/terminal";
import { type Collection, type LeftOut, NEWEST_OF_CHANGELOG } from "./collect.ts";
import type { Console } from "./console.ts";
import type { Part } from "./estimate.ts";
import type { Evaluation } from "./evaluate.ts";
import { bytes, wrap } from "./format.ts";
import type { Budget } from "./budget.ts";
import { type Passage, isMeaningful } from "./passage.ts";
import type { Hit, Ranking } from "./search.ts";
import type { Comparison } from "./strategies.ts";
import { printTable } from "./table.ts";
import type { FailedPassage } from "./update-index.ts";

const REASONS: readonly (readonly [LeftOut, one: string, many: string])[] = [
  ["license", "license", "licenses"],
  ["copy", "file of older versions", "files of older versions"],
  ["duplicate", "duplicate", "duplicates"],
  ["unreadable", "unreadable file", "unreadable files"],
];

/** Reports the documents found, and those left out. */
export function reportCollection(
  console: Console,
  { documents, found, leftOut }: Collection,
  milliseconds: number,
): void {
  const size = documents.reduce((sum, { text }) => sum + text.length, 0);
  const reasons = REASONS.filter(([reason]) => leftOut[reason] > 0);
  console.step(
    "Documents",
    `${count(documents.length)} of ${counted(found, "file")}, ${bytes(size)} (${duration(milliseconds)})`,
  );
  if (reasons.length > 0) {
    console.step("", `left out: ${reasons.map(([reason, ...noun]) => counted(leftOut[reason], ...noun)).join(", ")}`);
  }
  if (documents.some(({ role }) => role === "changelog")) {
    console.step("", `of each changelog, the newest ${bytes(NEWEST_OF_CHANGELOG)}`);
  }
}

/** Reports passages that the model refused: the first three with reasons, and the number of others. */
export function reportFailures(console: Console, failed: readonly FailedPassage[]): void {
  if (failed.length === 0) return;
  console.step("Skipped", `${counted(failed.length, "passage")} that could not be embedded; the rest is searched:`);
  for (const { passage, reason } of failed.slice(0, 3)) {
    console.step("", `${passage.document}:${passage.line} ${reason.message}`);
  }
  if (failed.length > 3) console.step("", `and ${count(failed.length - 3)} more`);
  if (failed.some(({ reason }) => BatchwiseError.isInstance(reason) && reason.retryable)) {
    console.step("", "The same command retries those that failed temporarily.");
  }
}

/** Reports the estimate of all that is charged, before anything is sent. */
export function reportEstimate(console: Console, parts: readonly Part[], maxCost: number = Infinity): void {
  for (const [index, { inputs, noun, purpose, requests, tokens, cost, shortestMs = 0 }] of parts.entries()) {
    const figures = [
      counted(requests, "request"),
      ...(tokens === undefined ? [] : [`at most ${counted(tokens, "token")}`]),
      cost === undefined ? "at a price that is not known here" : dollars(cost),
      ...(shortestMs < 1000 ? [] : [`at least ${duration(shortestMs)} by the rate limits`]),
    ];
    console.step(index === 0 ? "Estimate" : "", `${counted(inputs, noun)} ${purpose}: ${figures.join(", ")}`);
  }
  if (parts.length === 0) return;
  const known = parts.reduce((sum, { cost = 0 }) => sum + cost, 0);
  if (parts.length > 1 && known > 0) console.step("", `in all at most ${dollars(known)}, if nothing is sent twice`);
  if (known > maxCost) console.step("", `That may be more than --max-cost ${dollars(maxCost)}, at which it stops.`);
}

/** Reports the texts that were found in the cache. */
export function reportCache(console: Console, { hits, saved, unsaved }: CacheStats): void {
  if (hits + saved + unsaved === 0) return;
  const lost = unsaved === 0 ? "" : `, ${count(unsaved)} could not be`;
  console.step("Cache", `${counted(hits, "text")} found there, ${count(saved)} kept there${lost}`);
}

/** Reports the usage that was charged. */
export function reportUse(console: Console, { requests, retries, tokens, cost }: Budget): void {
  if (requests === 0) return;
  const again = retries === 0 ? "" : ` (${counted(retries, "retry", "retries")})`;
  console.step("Used", `${counted(requests, "request")}${again}, ${counted(tokens, "token")}, ${dollars(cost)}`);
}

const STRATEGY_NAMES: Readonly<Record<Comparison["results"][number]["name"], string>> = {
  default: "default: one call after another",
  concurrent: "concurrent: 5 calls at once",
  bulk: "bulk: many texts a call",
};

/** Prints the table of the three strategies. */
export function reportStrategies(console: Console, { texts, results, largestDifference }: Comparison): void {
  const slowest = results[0]?.durationMs ?? 0;
  const rows = results.map(({ name, calls, durationMs, textsPerSecond }) => [
    STRATEGY_NAMES[name],
    count(calls),
    duration(durationMs),
    count(textsPerSecond),
    `${(slowest / durationMs).toFixed(1)}x`,
  ]);
  console.result(console.bold(`Three strategies, the same ${counted(texts, "passage")}`));
  printTable(console, { head: ["strategy", "calls", "time", "texts/s", "speed"], rows, align: "right" });
  console.result(
    largestDifference <= 1e-5
      ? `  All three gave the same vectors, to within ${largestDifference.toExponential(0)}.`
      : `  Their vectors differ by up to ${largestDifference.toExponential(1)}, which is more than rounding.`,
  );
}

const RANKING_NAMES: Readonly<Record<Ranking, string>> = {
  keywords: "keywords alone (BM25)",
  embeddings: "embeddings alone",
  both: "both, which answers here",
};

/** Prints how often each ranking found the right file: for the questions that judge, and for those of the design. */
export function reportEvaluation(console: Console, judged: Evaluation, designed: Evaluation): void {
  const rows = judged.scores.map(({ ranking }) => [
    RANKING_NAMES[ranking],
    ...foundBy(judged, ranking),
    ...foundBy(designed, ranking),
  ]);
  console.result(console.bold(`Is the right file found? ${judged.asked} questions, in words that it does not use`));
  console.result(`  and, to the right, ${designed.asked} others, by which the search was designed`);
  printTable(console, { head: ["ranking", "first", "in 5", "first", "in 5"], rows, align: "right" });
  const missing = [...judged.missing, ...designed.missing];
  if (missing.length > 0) {
    const names = `${missing.slice(0, 3).join(", ")}${missing.length > 3 ? ", ..." : ""}`;
    console.result(`  ${counted(missing.length, "answer")} not among these documents, counted as not found: ${names}`);
  }
}

/** Files that a ranking found first, and among the first five. */
function foundBy({ scores, asked }: Evaluation, wanted: Ranking): string[] {
  const { first, firstFive } = scores.find(({ ranking }) => ranking === wanted) ?? { first: 0, firstFive: 0 };
  return [`${first}/${asked}`, `${firstFive}/${asked}`];
}

/** Prints a question and the passages that answer it best. */
export function reportAnswers(console: Console, question: string, hits: readonly Hit[]): void {
  console.result(console.bold(question));
  if (hits.length === 0) console.result("  Nothing found.");
  for (const [index, { passage }] of hits.entries()) {
    const place = passage.headings.slice(-2).join(" > ");
    const [heading = ""] = wrap(place, console.width - 5);
    console.result(`  ${index + 1}. ${passage.document}:${passage.line}`);
    if (heading !== "") console.result(`     ${console.dim(heading)}`);
    for (const line of excerpt(textOf(passage), console.width - 5)) console.result(`     ${line}`);
  }
}

function textOf({ text, code }: Passage): string {
  return isMeaningful(text) ? text : `${text} ${code}`;
}

function excerpt(text: string, width: number): string[] {
  const lines = wrap(text, width);
  return lines.length <= 3 ? lines : [...lines.slice(0, 2), `${(lines[2] ?? "").slice(0, width - 4)} ...`];
}
