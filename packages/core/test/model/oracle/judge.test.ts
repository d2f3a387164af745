import { BatchError, InputError, ProviderError } from "@batchwise/core";
import { describe, expect, it } from "vitest";
import type { Performance } from "../perform.ts";
import type { Schedule } from "../schedule.ts";
import { judge } from "./judge.ts";
import { threw, ScriptedRun } from "./scripted-run.ts";

const busy = new ProviderError("Busy.", { retryable: true, status: 503 });
const refused = new InputError("Refused.");
const retry = {
  attempts: 2,
  minDelayMs: 100,
  maxDelayMs: 1000,
  factor: 2,
  jitter: 0,
  maxRetryAfterMs: undefined,
  outageMs: 0,
};
const bulk = { hook: "invokeMany", reading: "returnExceptions", options: { maxConcurrency: 1 } } as const;

/** Three inputs, one call after another, and what `batch` resolves to. */
function three(
  change: (outputs: unknown[]) => unknown = (outputs) => outputs,
  schedule: Partial<Schedule> = {},
): Performance {
  const run = new ScriptedRun(schedule);
  const outputs = [0, 1, 2].flatMap((key) => run.call(key));
  return run.finish({ kind: "resolved", outputs: change(outputs) });
}

/** The outcomes of three inputs as an iterator gives them, in the order of `indexes`. */
function streamed(reading: "asCompleted" | "inOrder", indexes: readonly number[]): Performance {
  const run = new ScriptedRun({ reading });
  const values = [0, 1, 2].flatMap((key) => run.call(key));
  for (const index of indexes) run.receive(index, values[index]);
  return run.finish({ kind: "done" });
}

/** Input 0 fails, and is sent again after `waitMs` if at all. */
function retried(waitMs: number | undefined, attempts: number): Performance {
  const run = new ScriptedRun({ count: 1, reading: "returnExceptions", options: { retry: { ...retry, attempts } } });
  run.end(run.start(0), 5, threw({ thrown: busy, retryable: true }));
  if (waitMs === undefined) return run.finish({ kind: "resolved", outputs: [busy] }, { rejected: 1 });
  run.time += waitMs;
  return run.finish({ kind: "resolved", outputs: run.call(0) }, { retries: 1 });
}

/** Inputs 0 and 1 fail together; then come these calls, of which those with input 0 fail, and 1 comes through. */
function isolated(...parts: number[][]): Performance {
  const run = new ScriptedRun({ ...bulk, count: 2 });
  const failure = threw({ thrown: refused, retryable: false });
  run.end(run.start(0, 1), 5, failure);
  let value: unknown = refused;
  for (const part of parts) {
    if (part.includes(0)) run.end(run.start(...part), 5, failure);
    else [value] = run.call(...part);
  }
  return run.finish({ kind: "resolved", outputs: [refused, value] }, { rejected: value === refused ? 2 : 1 });
}

/** Input 0 fails for good, and `batch` rejects `lateMs` afterwards. */
function failedFast(lateMs: number, next: (run: ScriptedRun) => void = () => {}): Performance {
  const run = new ScriptedRun();
  const first = run.start(0);
  run.end(first, 5, threw({ thrown: refused, retryable: false }));
  next(run);
  run.time += lateMs;
  const outcomes = [{ index: 0, input: 0, status: "rejected" as const, reason: refused }];
  return run.finish(
    { kind: "rejected", error: new BatchError("Failed.", { cause: refused, outcomes }) },
    { rejected: 1 },
  );
}

/** The caller aborts while input 0 is in flight. */
function aborted(ending: (run: ScriptedRun) => Performance["ending"], signalled = true): Performance {
  const run = new ScriptedRun({ count: 1, abortAt: 3.25 });
  const call = run.start(0);
  run.time = 3.25;
  run.log.add({ type: "aborted" });
  if (signalled) run.log.abortCall(call);
  return run.finish(ending(run));
}

/** Input 0 is in flight and 1 is not, though there is room, while everything is idle. */
function leftLying(): Performance {
  const run = new ScriptedRun({ count: 2, options: { maxConcurrency: 2 } });
  const first = run.start(0);
  run.idle();
  run.end(first, 5);
  const outputs = [first.result?.kind === "answered" ? (first.result.slots[0] as { value: unknown }).value : undefined];
  return run.finish({ kind: "resolved", outputs: [...outputs, ...run.call(1)] });
}

/** A source that gives `ahead` inputs before the first one has come through. */
function pulledAhead(ahead: number): Performance {
  const run = new ScriptedRun({
    count: 3,
    source: { kind: "iterator", delays: [0], failsAt: undefined, stallsAt: undefined },
  });
  const pull = (slot: number): void => {
    run.log.add({ type: "asked" });
    run.log.add({ type: "pulled", slot });
  };
  const outputs: unknown[] = [];
  for (let slot = 0; slot < ahead; slot++) pull(slot);
  for (let slot = 0; slot < 3; slot++) {
    if (slot >= ahead) pull(slot);
    outputs.push(...run.call(slot));
  }
  run.log.add({ type: "asked" });
  run.log.add({ type: "source ended" });
  return run.finish({ kind: "resolved", outputs });
}

function limited(perMinute: number): Performance {
  const limiter = { requestsPerMinute: perMinute, tokensPerMinute: undefined, inputsPerMinute: undefined };
  const run = new ScriptedRun({ options: { limiter } });
  return run.finish({ kind: "resolved", outputs: [0, 1, 2].flatMap((key) => run.call(key)) });
}

describe("the oracle", () => {
  it.for([
    ["a loop over three inputs", three()],
    ["outcomes as they complete", streamed("asCompleted", [2, 0, 1])],
    ["outcomes in order", streamed("inOrder", [0, 1, 2])],
    ["a retry after its backoff", retried(100, 2)],
    ["a failure whose attempts are used up", retried(undefined, 1)],
    ["a bad input found by halves", isolated([0], [1])],
    ["a batch that fails fast", failedFast(0)],
    ["an abort", aborted((run) => ({ kind: "rejected", error: run.reasons.abort }))],
    ["a source that is pulled two inputs ahead", pulledAhead(2)],
    ["a limit that is kept", limited(3)],
  ] as const)("finds nothing wrong with %s", ([, performance]) => {
    expect(judge(performance)).toEqual([]);
  });

  it.for([
    ["an output that is missing", three((outputs) => outputs.slice(0, 2)), "slot 2 was lost"],
    ["an output too many", three((outputs) => [...outputs, 1]), "slot 3 was given back"],
    ["outputs that change places", three((outputs) => outputs.toReversed()), "the value of another call"],
    ["a value that nobody gave", three((outputs) => outputs.with(1, { key: 1, call: 1 })), "the value of another call"],
    [
      "an Error for a success",
      three((outputs) => outputs.with(1, busy), { reading: "returnExceptions" }),
      "an Error that is not",
    ],
    ["an outcome that comes twice", streamed("asCompleted", [0, 1, 1, 2]), "slot 1 was given back twice"],
    ["an outcome that never comes", streamed("asCompleted", [0, 1]), "slot 2 was lost"],
    ["outcomes out of order", streamed("inOrder", [0, 2, 1]), "out of order"],
    ["a retry before its time", retried(99, 2), "it waited 99 ms"],
    ["a retry too many", retried(100, 1), "its attempts were used up"],
    ["a failure that had an attempt left", retried(undefined, 2), 'an Error, though its calls ended as "open"'],
    ["a neighbour that is failed unsent", isolated([0]), "slot 1: an Error"],
    ["a bad input that is failed unsent", isolated([1]), "slot 0: an Error"],
    ["a bad request that is sent again as it is", isolated([0, 1], [0], [1]), "the same request was sent again"],
    ["a rejection that comes late", failedFast(1), "everything was decided"],
    [
      "a call after the first failure",
      failedFast(5, (run) => void run.call(1)),
      "took the place of the first that failed",
    ],
    ["an abort that is not heeded", aborted(() => ({ kind: "resolved", outputs: [1] })), "ended well after an abort"],
    [
      "an abort with another reason",
      aborted(() => ({ kind: "rejected", error: busy })),
      "an abort did not reject with its reason",
    ],
    [
      "a call in flight that is not aborted",
      aborted((run) => ({ kind: "rejected", error: run.reasons.abort }), false),
      "its signal was not aborted",
    ],
    ["work that is left lying", leftLying(), "there was room for a call"],
    ["a source that is pulled three inputs ahead", pulledAhead(3), "(L11)"],
    ["a limit that is passed", limited(2), "3 requests in a minute of 2"],
    ["a promise that never settles", { ...three(), ending: { kind: "stuck" } } satisfies Performance, "never settled"],
    ["a timer that is left", { ...three(), timersLeft: 1 }, "timers were left"],
  ] as const)("objects to %s", ([, performance, fault]) => {
    expect(judge(performance).join("\n")).toContain(fault);
  });

  it("objects to calls beyond the cap", () => {
    const run = new ScriptedRun({ count: 2, options: { maxConcurrency: 1 } });
    const calls = [run.start(0), run.start(1)];
    for (const call of calls) run.end(call, 5);
    expect(judge(run.finish({ kind: "resolved", outputs: [0, 1] })).join("\n")).toContain(
      "2 calls were in flight at once, 1 were allowed (L8)",
    );
  });

  it("objects to a call after the end", () => {
    const performance = three();
    performance.log.startCall([0]);
    expect(judge(performance).join("\n")).toContain("call 3 started after the end");
  });

  it("objects to a report that does not add up", () => {
    const run = new ScriptedRun();
    const outputs = [0, 1, 2].flatMap((key) => run.call(key));
    expect(judge(run.finish({ kind: "resolved", outputs }, { rejected: 4 })).join("\n")).toContain(
      "a count of the report is -1",
    );
  });
});
