import { styleText } from "node:util";
import { count, counted, dollars, duration } from "@batchwise/terminal";
import wrapAnsi from "wrap-ansi";
import type { Answer } from "./answer.ts";
import type { Batches } from "./batches.ts";
import type { Collection } from "./collect.ts";
import type { Console } from "./console.ts";
import type { Embedded } from "./embed.ts";
import { embeddedText, isMeaningful, type Passage } from "./chunk.ts";

/** Reports the documents found, and what is left out: files that are not text with the reason. */
export function reportCollection(console: Console, { documents, found, leftOut, odd }: Collection): void {
  const megabytes = documents.reduce((sum, { text }) => sum + text.length, 0) / 1_000_000;
  console.step("Documents", `${count(documents.length)} of ${counted(found, "file")}, ${megabytes.toFixed(1)} MB`);
  const numbers = [...Object.entries(leftOut), ["unreadable", odd.length] as const].filter(([, number]) => number > 0);
  if (numbers.length > 0) {
    console.step("", `left out: ${numbers.map(([reason, number]) => `${count(number)} ${reason}`).join(", ")}`);
  }
  listSome(
    console,
    odd.map(({ name, reason }) => `${name}: ${reason.message}`),
  );
}

/** Reports the texts that were embedded, and the passages that the model refused. */
export function reportEmbedded(console: Console, embedded: Embedded, passages: readonly Passage[], file: string): void {
  const { vectors, refused, durationMs } = embedded;
  if (vectors.size + refused.size === 0) console.step("Index", `${file}, nothing new`);
  if (vectors.size > 0) {
    const pace = `in ${duration(durationMs)}, ${count((vectors.size * 1000) / durationMs)}/s`;
    console.step("Index", `${counted(vectors.size, "text")} embedded ${pace}; kept in ${file}`);
  }
  if (refused.size === 0) return;
  const failed = passages.flatMap((passage) => {
    const reason = refused.get(embeddedText(passage));
    return reason === undefined ? [] : [`${passage.document}:${passage.line} ${reason.message}`];
  });
  console.step("Skipped", `${counted(failed.length, "passage")} that could not be embedded; the rest is searched:`);
  listSome(console, failed);
}

/** Reports the usage that was charged. */
export function reportUse(console: Console, { requests, retries, tokens, cost }: Batches["used"]): void {
  if (requests === 0) return;
  const again = retries === 0 ? "" : ` (${counted(retries, "retry", "retries")})`;
  console.step("Used", `${counted(requests, "request")}${again}, ${counted(tokens, "token")}, ${dollars(cost)}`);
}

/** Prints a question and the passages that answer it best. */
export function reportAnswer(console: Console, { question, hits }: Answer): void {
  const width = console.width - 5;
  const wrap = (text: string): string[] => wrapAnsi(text.replaceAll(/\s+/g, " "), width, { hard: true }).split("\n");
  console.result();
  console.result(styleText("bold", question));
  if (hits.length === 0) console.result("  Nothing found.");
  for (const [index, { passage }] of hits.entries()) {
    const [heading = ""] = wrap(passage.headings.slice(-2).join(" > "));
    const text = isMeaningful(passage.text) ? passage.text : `${passage.text} ${passage.code}`;
    const [first = "", second = "", third = "", ...others] = wrap(text);
    const last = others.length > 0 ? `${third.slice(0, width - 4)} ...` : third;
    console.result(`  ${index + 1}. ${passage.document}:${passage.line}`);
    const lines = [heading === "" ? "" : styleText("dim", heading), first, second, last];
    for (const line of lines.filter((each) => each !== "")) console.result(`     ${line}`);
  }
}

/** Writes the first five of many lines. */
function listSome(console: Console, lines: readonly string[]): void {
  for (const line of lines.slice(0, 5)) console.step("", line);
  if (lines.length > 5) console.step("", `and ${count(lines.length - 5)} more`);
}
