import fc from "fast-check";
import type {
  Behavior,
  ConsumerPlan,
  DrawnLimits,
  DrawnOptions,
  DrawnRequest,
  DrawnRetry,
  Schedule,
  SourcePlan,
} from "./schedule.ts";

/** Constants of a family of schedules; the rest is drawn. */
export interface Family {
  readonly hook: Schedule["hook"];
  /** True where every schedule has a rate limiter; else none has. */
  readonly limited: boolean;
}

/** Every schedule of a family, small ones much more often than large ones. */
export function schedules(family: Family): fc.Arbitrary<Schedule> {
  return record({
    hook: fc.constant(family.hook),
    reading: fc.constantFrom("batch", "returnExceptions", "returnExceptions", "asCompleted", "inOrder"),
    count: fc.oneof(
      { weight: 60, arbitrary: fc.nat(12) },
      { weight: 35, arbitrary: fc.nat(60) },
      { weight: 5, arbitrary: fc.nat(500) },
    ),
    distinct: often(9, fc.constant(500), fc.integer({ min: 1, max: 40 })),
    behaviors: often(
      9,
      fc.array(fc.tuple(fc.nat(40), behavior), { maxLength: 5 }),
      fc.array(fc.tuple(fc.nat(40), lastingBadInput), { minLength: 2, maxLength: 8 }),
    ),
    latencies: fc.array(fc.oneof(fc.constant(0), fc.nat(60)), { minLength: 1, maxLength: 5 }),
    tokens: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
    source,
    consumer,
    careless: often(3, fc.constant(false), fc.constant(true)),
    greedy: often(7, fc.constant(false), fc.constant(true)),
    weighed: fc.boolean(),
    options: optionsOf(family),
    abortAt: often(6, fc.constant(undefined), moment(0.25)),
    drainAt: often(8, fc.constant(undefined), moment(0.75)),
    errorReasons: fc.boolean(),
    seed: fc.integer({ min: 1, max: 1_000_000 }),
  }).map(consistent);
}

function record<Shape>(model: { [Name in keyof Shape]: fc.Arbitrary<Shape[Name]> }): fc.Arbitrary<Shape> {
  // Objects with a prototype are easier to read in a report.
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<Shape>;
}

/** `usual` so many times in a row, on average, before one `rare`. */
function often<Usual, Rare>(
  times: number,
  usual: fc.Arbitrary<Usual>,
  rare: fc.Arbitrary<Rare>,
): fc.Arbitrary<Usual | Rare> {
  return fc.oneof({ weight: times, arbitrary: usual }, { weight: 1, arbitrary: rare });
}

const maybe = <Value>(arbitrary: fc.Arbitrary<Value>, times = 2): fc.Arbitrary<Value | undefined> =>
  often(times, fc.constant(undefined), arbitrary);

function moment(fraction: number): fc.Arbitrary<number | "before"> {
  return often(
    9,
    fc.nat(200).map((ms) => ms + fraction),
    fc.constant("before" as const),
  );
}

const scope = fc.constantFrom("call", "call", "at once", "slot");

type Kind<Name extends Behavior["kind"]> = fc.Arbitrary<Extract<Behavior, { kind: Name }>>;

const flaky: Kind<"flaky"> = record({
  kind: fc.constant("flaky"),
  times: fc.constantFrom(1, 1, 2, 3, 99),
  failure: fc.constantFrom("busy", "busy", "limited", "limited with a wait", "plain", "thrown value"),
  scope,
});

const badInput: Kind<"bad input"> = record({
  kind: fc.constant("bad input"),
  failure: fc.constantFrom("input", "provider", "plain", "too large"),
  scope,
  named: often(2, fc.constant(false), fc.constant(true)),
});

/** Several of them in one request take long to bisect, while other requests are still to be sent. */
const lastingBadInput: Kind<"bad input"> = record({
  kind: fc.constant("bad input"),
  failure: fc.constant("input"),
  scope: fc.constant("call"),
  named: fc.constant(false),
});

const hang: Kind<"hang"> = record({ kind: fc.constant("hang"), times: fc.constantFrom(1, 2, 99) });

const malformed: Kind<"malformed"> = record({
  kind: fc.constant("malformed"),
  shape: fc.constantFrom("short", "long", "nothing", "object"),
});

const stop: Kind<"stop"> = record({
  kind: fc.constant("stop"),
  code: fc.constantFrom("authentication", "quota_exceeded"),
});

const refused: Kind<"refused"> = record({ kind: fc.constant("refused") });

const falsy: Kind<"falsy"> = record({
  kind: fc.constant("falsy"),
  value: fc.constantFrom<Extract<Behavior, { kind: "falsy" }>["value"][]>(undefined, null, 0, "", false),
});

const behavior: fc.Arbitrary<Behavior> = fc.oneof(
  { weight: 5, arbitrary: flaky },
  { weight: 4, arbitrary: badInput },
  { weight: 2, arbitrary: hang },
  { weight: 2, arbitrary: falsy },
  { weight: 1, arbitrary: malformed },
  { weight: 1, arbitrary: stop },
  { weight: 1, arbitrary: refused },
);

const source: fc.Arbitrary<SourcePlan> = record({
  kind: fc.constantFrom("array", "array", "iterator", "async iterator", "async iterator"),
  delays: fc.array(fc.oneof(fc.constant(0), fc.nat(40)), { minLength: 1, maxLength: 4 }),
  failsAt: maybe(fc.nat(40), 9),
  stallsAt: maybe(fc.nat(40), 12),
});

const consumer: fc.Arbitrary<ConsumerPlan> = record({
  delays: often(1, fc.constant([0]), fc.array(fc.nat(40), { minLength: 1, maxLength: 3 })),
  breaksAt: maybe(fc.integer({ min: 1, max: 40 }), 4),
});

const retry: fc.Arbitrary<DrawnRetry> = record({
  attempts: fc.integer({ min: 1, max: 5 }),
  minDelayMs: fc.nat(100),
  maxDelayMs: fc.integer({ min: 100, max: 1000 }),
  factor: fc.integer({ min: 1, max: 3 }),
  jitter: fc.constantFrom(0, 0, 0.5, 1),
  maxRetryAfterMs: maybe(fc.constantFrom(500, 5000)),
  // Every failure uses up a try: what an input comes to is then in its own calls. Outages have a search of their own.
  outageMs: fc.constant(0),
});

const request: fc.Arbitrary<DrawnRequest> = record({
  maxInputs: often(5, fc.integer({ min: 1, max: 12 }), fc.constant(undefined)),
  maxTokens: maybe(fc.integer({ min: 9, max: 40 }), 3),
  maxBytes: maybe(fc.integer({ min: 18, max: 80 }), 3),
});

const limits: fc.Arbitrary<DrawnLimits> = record({
  requestsPerMinute: maybe(fc.integer({ min: 1, max: 50 }), 1),
  tokensPerMinute: maybe(fc.integer({ min: 3, max: 200 }), 1),
  inputsPerMinute: maybe(fc.integer({ min: 1, max: 100 }), 1),
});

function optionsOf(family: Family): fc.Arbitrary<DrawnOptions> {
  return record({
    place: fc.constantFrom("settings", "call"),
    maxConcurrency: often(4, fc.integer({ min: 1, max: 8 }), fc.constantFrom(undefined, Infinity)),
    retry: fc.oneof(
      { weight: 1, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constant(false as const) },
      { weight: 4, arbitrary: retry },
    ),
    timeoutMs: maybe(fc.nat(80).map((ms) => ms + 0.5)),
    maxWaitMs: maybe(fc.nat(60), 3),
    request: often(3, request, fc.constant(undefined)),
    requestElsewhere: maybe(request, 4),
    limiter: family.limited ? limits : fc.constant(undefined),
    dedupe: maybe(fc.constantFrom("value", "key"), 3),
    schema: maybe(fc.constantFrom("sync", "async"), 4),
    maxTokens: maybe(fc.integer({ min: 1, max: 200 }), 12),
    maxCost: maybe(fc.integer({ min: 1, max: 200 }), 12),
    hooks: fc.boolean(),
  });
}

/** Takes out what no engine could bring to an end, and what means nothing for the schedule's hook. */
function consistent(drawn: Schedule): Schedule {
  const overridden = drawn.hook === "batch";
  // An override runs its own calls: how long one of them may take is not the engine's to say.
  const timeoutMs = overridden ? undefined : drawn.options.timeoutMs;
  const canHang = timeoutMs !== undefined || drawn.abortAt !== undefined;
  const behaviors = drawn.behaviors.map(([key, each]): readonly [number, Behavior] => {
    if (each.kind === "hang" && !canHang) return [key, { kind: "falsy", value: undefined }];
    if (each.kind === "malformed" && drawn.hook === "invoke") return [key, { kind: "falsy", value: null }];
    const scoped = each.kind === "flaky" || each.kind === "bad input";
    if (scoped && each.scope === "slot") {
      if (drawn.hook !== "invokeMany") return [key, { ...each, scope: "call" }];
      // What is no Error is a value there.
      if (each.failure === "thrown value") return [key, { ...each, failure: "plain" }];
    }
    return [key, each];
  });
  const { limiter, maxTokens, maxCost, request: one, requestElsewhere: other } = drawn.options;
  const weights = [
    limiter?.tokensPerMinute,
    maxTokens,
    maxCost,
    one?.maxTokens,
    one?.maxBytes,
    other?.maxTokens,
    other?.maxBytes,
  ];
  const { source: from } = drawn;
  const array = from.kind === "array";
  const stalls = from.kind === "async iterator" && drawn.abortAt !== undefined;
  return {
    ...drawn,
    distinct: Math.min(drawn.distinct, drawn.count),
    behaviors,
    weighed: drawn.weighed || weights.some((each) => each !== undefined),
    source: { ...from, failsAt: array ? undefined : from.failsAt, stallsAt: stalls ? from.stallsAt : undefined },
    options: { ...drawn.options, timeoutMs },
  };
}
