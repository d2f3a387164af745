import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Kind, Trace } from "./follow.ts";

const CORE = join(import.meta.dirname, "..", "..");

/**
 * The same count for commit 785447d: 346 entries in 31 files, and 146 in 22. At most half of the entries may be made; a
 * step that needs more says so in `docs/decisions` (up to 20): middleware, decision 13; outages, decision 15. To see the way:
 * `node --conditions=@batchwise/source packages/core/test/one-text/follow.ts packages/core bulk`.
 */
test.for<readonly [Kind, { readonly entries: number; readonly files: number }]>([
  ["bulk", { entries: 192, files: 38 }],
  ["plain", { entries: 68, files: 18 }],
])("one text goes through a %s Runnable in few functions and files", ([kind, most]) => {
  const trace = traceOf(kind);
  expect(Object.keys(trace.files).length, JSON.stringify(trace.files)).toBeLessThanOrEqual(most.files);
  expect(trace.entries, JSON.stringify(trace.files)).toBeLessThanOrEqual(most.entries);
  // A count that saw nothing would pass, too.
  expect(trace.files).toHaveProperty(["engine/results/settler.ts"]);
});

test("the hops of docs/architecture.md are functions of the files that it names, at most 22", () => {
  const page = readFileSync(join(CORE, "../../docs/architecture.md"), "utf8");
  const hops = [...page.matchAll(/^\| +\d+ \| `([^`]+)` +\| `([^`]+)`/gm)].map(([, name = "", file = ""]) => ({
    name,
    file,
  }));
  expect(hops.length).toBeGreaterThan(15);
  expect(hops.length).toBeLessThanOrEqual(22);
  for (const { name, file } of hops) {
    const method = name.split(".").at(-1)!;
    const source = readFileSync(join(CORE, "src", file), "utf8");
    expect(source, `${file} has ${name}`).toMatch(
      new RegExp(`(^|\\s)${method.replace("$", "\\$")}(<[^(]*>)?(\\(| )`, "m"),
    );
  }
  const changes = hops.filter(({ file }, at) => at > 0 && file !== hops[at - 1]?.file);
  expect(changes.length).toBeLessThanOrEqual(14);
});

/** A process of its own: nothing else runs in it, and the sources are as they are written. */
function traceOf(kind: Kind): Trace {
  const args = ["--conditions=@batchwise/source", join(import.meta.dirname, "follow.ts"), CORE, kind];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Trace;
}
