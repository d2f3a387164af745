import { expect, test } from "vitest";
import { type Source, sources } from "./sources.ts";

const TERMINAL = "packages/tools/terminal/src";
/** Where programs and what they stand on are; providers and core have words of their own for some of it. */
const PROGRAMS = /^(apps\/docsearch|packages\/(tools|executors|middleware))\//;

interface One {
  readonly what: string;
  /** How a copy would look. */
  readonly sign: RegExp;
  readonly among?: RegExp;
  /** Where it may be. */
  readonly home: readonly string[];
}

const ones: readonly One[] = [
  {
    what: "hears signals",
    sign: /["'`]SIG(INT|TERM|HUP)["'`]/,
    // The scaffolder's own: it lets no signal through for the milliseconds in which it writes.
    home: ["packages/tools/create-adapter/src/write-folder.ts", `${TERMINAL}/interrupts.ts`],
  },
  { what: "shows a bar", sign: /["']cli-progress["']/, home: [`${TERMINAL}/progress.ts`] },
  { what: "writes durations", sign: /["']pretty-ms["']/, home: [`${TERMINAL}/numbers.ts`] },
  { what: "writes numbers", sign: /\.toLocaleString\(/, among: PROGRAMS, home: [`${TERMINAL}/numbers.ts`] },
  {
    what: "reads a flag's whole number",
    sign: /InvalidArgumentError\([`"]Give a whole number/,
    home: [`${TERMINAL}/flag-values.ts`],
  },
  { what: "tells commander's errors by their text", sign: /startsWith\("commander\./, home: [] },
  {
    what: "lists options that are only pace",
    sign: /"timeoutMs",\s*"request",/,
    among: /^(apps|packages\/tools)\//,
    home: ["packages/tools/plugins/src/adapter-options.ts"],
  },
  {
    what: "asks whether a process is alive",
    sign: /process\.kill\([^)]*, 0\)/,
    home: ["packages/tools/folder-lock/src/holder.ts"],
  },
  { what: "locks by another library", sign: /["'](proper-)?lockfile["']/, home: [] },
  { what: "queues in a class of its own", sign: /class \w*(Fifo|Ring)\b/, home: ["packages/core/src/fifo.ts"] },
  {
    what: "counts tries itself",
    sign: /for \(let (tries|attempts?|retr\w+|waitMs|delayMs)\b/,
    home: [
      // What was uploaded a moment ago is looked for: nothing has failed.
      "packages/providers/cohere/src/jobs/batch-jobs.ts",
      "packages/providers/openai/src/jobs/batch-jobs.ts",
      // It waits for nothing: another process was quicker.
      "packages/tools/folder-lock/src/folder-lock.ts",
    ],
  },
  {
    what: "lets work wait in line for a limit",
    sign: /class \w*Wait(list|Line|ers)\b|#waiting: \w+\[\]/,
    home: [
      "packages/core/src/rate-limit/waitlist.ts",
      // Jobs that wait for their hour.
      "packages/executors/jobs/src/creation-queue.ts",
      // It asks a database for all that wait at once, and hands out what that grants.
      "packages/executors/queue/src/limits/shared-limiter.ts",
    ],
  },
  {
    what: "lets equal inputs share one call",
    sign: /class \w*Flights?\b/,
    home: ["packages/middleware/cache/src/single-flight.ts"],
  },
  {
    what: "ends work when its time is up",
    sign: /\.after\([\w.#]+, \(\) => (\w+\.abort|end|expired\.reject)\(|\.after\(timeoutMs, this\.#expire\)/,
    home: [
      // Calls of adapters, which need no engine; the engine's own, whose late reports are dropped.
      "packages/adapter-kit/src/within.ts",
      "packages/core/src/engine/call/deadline.ts",
      // Signals alone: of a job's calls, of a batch of jobs, of a thread that does not end.
      "packages/executors/jobs/src/batch-run.ts",
      "packages/executors/jobs/src/signals.ts",
      "packages/executors/worker-threads/src/threads.ts",
    ],
  },
  {
    what: "puts what a schema refuses into words",
    sign: /\.path\b[^;]*\.map\(|issues\.map\(/,
    home: ["packages/core/src/engine/results/check-result.ts"],
  },
];

test.each(ones)("one place $what", ({ sign, among = /^/, home }) => {
  const found = sources.filter(({ path, text }) => among.test(path) && sign.test(text));
  expect(found.map(({ path }) => path)).toEqual(home);
});

/** Lines from which on a body is worth a place of its own. */
const LEAST_LINES = 4;
/** How oxfmt begins a function or a method that fits on its first line. */
const HEAD = /^( *)(?!(?:if|for|while|switch|return|await)\b)(?:\w+ )*(?:function\*? )?#?\w+(?:<.*>)?\(.*\{$/;

function bodiesOf({ text }: Source): string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, at) => {
    const [, indent] = HEAD.exec(line) ?? [];
    if (indent === undefined) return [];
    const body = lines.slice(at + 1, lines.indexOf(`${indent}}`, at)).map((each) => each.trim());
    const code = body.filter((each) => each !== "" && !each.startsWith("//"));
    return code.length < LEAST_LINES ? [] : [code.join("\n")];
  });
}

test("no function is written twice", () => {
  const places = new Map<string, string[]>();
  for (const source of sources) {
    for (const body of bodiesOf(source)) places.set(body, [...(places.get(body) ?? []), source.path]);
  }
  expect(places.size).toBeGreaterThan(500);
  expect([...places.values()].filter((paths) => paths.length > 1)).toEqual([]);
});
