import type { Buffer } from "node:buffer";

import { Pace } from "../content/pace.ts";
import { outageAnswer, type ScriptedAnswer, scriptedAnswer } from "../faults/scripted-answer.ts";
import { transportFault } from "../faults/transport-fault.ts";
import { latencyMs, refusalMs, type Slots } from "../latency.ts";
import type { Pool } from "../limits/pool.ts";
import { keyOf } from "./key-of.ts";
import { type Outgoing, reset, send, sendCut, sendSlowly } from "./deliver.ts";
import type { Exchange } from "./exchange.ts";
import { readBody } from "./read-body.ts";
import { Refusal } from "./refusal.ts";
import { type Call, type Dialect, limitsFor, type Plan, type Route } from "./route.ts";
import { dialectOf, findRoute, isUpload } from "./routes.ts";

/** Dialect in which a request is refused, and the limits that its headers report. */
interface Progress {
  readonly dialect: Dialect;
  pool: Pool | undefined;
}

/**
 * Serves one request, in the order of the real APIs' checks: size, path, key, quota, the limit on requests, the request
 * itself, the limits on tokens and inputs. Only a request that passes all of them is charged and can get a fault. A
 * server that is down checks nothing.
 */
export async function serve(exchange: Exchange, path: string): Promise<void> {
  const progress: Progress = { dialect: dialectOf(path), pool: undefined };
  try {
    const bytes = await receive(exchange, path, progress.dialect);
    const { session, settings } = exchange;
    const outage = outageAnswer(settings.faults.answers ?? [], session.ageMs);
    const { plan, scripted } =
      outage === undefined
        ? await admit(exchange, await read(exchange, path, bytes, progress.dialect), progress)
        : { scripted: outage };
    const headers = progress.dialect.headers(progress.pool, session.clock.now(), exchange);
    if (scripted !== undefined) await sendScripted(exchange, scripted, plan, headers);
    else if (plan !== undefined) await answer(exchange, plan, headers, progress.dialect);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await refuse(exchange, error, progress);
  }
}

interface Reading {
  readonly call: Call;
  readonly route: Route;
  readonly key: string;
}

async function receive({ request, settings, id }: Exchange, path: string, dialect: Dialect): Promise<Buffer> {
  const mostBytes = isUpload(request.method ?? "GET", path) ? UPLOAD_BYTES : settings.maxBodyBytes;
  const bytes = await readBody(request, mostBytes);
  if (bytes === undefined) throw dialect.tooLarge(mostBytes, id);
  return bytes;
}

async function read(exchange: Exchange, path: string, bytes: Buffer, dialect: Dialect): Promise<Reading> {
  const { session, request, id, dice, settings } = exchange;
  const { route, parameters } = findRoute(request.method ?? "GET", path, id);
  session.recorder.endpoint(`${route.method} ${route.path}`);
  const key = route.isPublic === true ? "" : keyOf(request);
  if (key === undefined || (route.isPublic !== true && settings.apiKey !== undefined && key !== settings.apiKey)) {
    throw dialect.unauthorized(key, id);
  }
  const call: Call = {
    path,
    parameters,
    query: new URLSearchParams(request.url?.split("?", 2)[1]),
    body: await bodyOf(exchange, route, bytes, dialect),
    origin: `http://${request.headers.host ?? "127.0.0.1"}`,
    store: session.store,
    now: () => session.clock.now(),
    id,
    dice,
    settings,
    tokens: session.tokens,
    pace: new Pace(),
  };
  return { call, route, key };
}

/** Size limit of an uploaded file and the form around it. */
const UPLOAD_BYTES = 513 * 1024 * 1024;

async function bodyOf({ request, id }: Exchange, route: Route, bytes: Buffer, dialect: Dialect): Promise<unknown> {
  if (route.method !== "POST" || route.body === "nothing") return undefined;
  if (route.body !== "form") return parse(bytes, dialect, id);
  try {
    const headers = { "content-type": request.headers["content-type"] ?? "" };
    return await new Response(new Uint8Array(bytes), { headers }).formData();
  } catch {
    throw dialect.notForm(id);
  }
}

function parse(bytes: Buffer, dialect: Dialect, id: string): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw dialect.notJson(id);
  }
}

interface Admission {
  readonly plan?: Plan;
  readonly scripted?: ScriptedAnswer | undefined;
}

/** Admits the request, and charges it unless a scripted answer refuses it. @throws Refusal */
async function admit(exchange: Exchange, { call, route, key }: Reading, progress: Progress): Promise<Admission> {
  const { session, settings, dice } = exchange;
  const { clock, recorder } = session;
  const { dialect } = progress;
  const { answers = [], quotaAfterRequests = Infinity } = settings.faults;
  if (exchange.number > quotaAfterRequests) {
    recorder.fault("quota");
    const spent = answers.find((each) => each.spent === true);
    if (spent === undefined) throw dialect.quotaUsedUp(exchange.id);
    return { scripted: spent };
  }

  const poolName = route.poolName?.(call);
  const pool =
    poolName === undefined ? undefined : session.pool(key, dialect.name, poolName, limitsFor(route, settings));
  progress.pool = pool;
  const name = poolName ?? call.path;

  const beyond = pool?.takeRequest(clock.now());
  if (beyond !== undefined) throw dialect.rateLimited(beyond, name, call);
  const plan = await route.plan(call);
  recorder.inputCounts("sent", plan.inputs);
  refuseBadInput(exchange, call, plan, dialect);
  const scripted = scriptedAnswer(answers, {
    path: call.path,
    body: call.body,
    inputs: plan.inputs,
    dice,
    seed: settings.seed,
    ageMs: session.ageMs,
  });
  if (scripted !== undefined && isRefusal(scripted)) return { plan, scripted };

  const isSpurious = dice.roll("rateLimit") < (settings.faults.rateLimitRate ?? 0);
  const hit = isSpurious ? undefined : pool?.takeWork({ tokens: plan.tokens, inputs: plan.inputs.length }, clock.now());
  if (isSpurious || hit !== undefined) {
    if (isSpurious) recorder.fault("rateLimit");
    recorder.tokensRejected += plan.tokens;
    throw dialect.rateLimited(hit, name, call);
  }
  exchange.charge(plan.tokens);
  recorder.inputCounts("charged", plan.inputs);
  return { plan, scripted };
}

/** A 4xx costs nothing; a 5xx and a lost connection do, as a 200 does. */
function isRefusal({ status = 500 }: ScriptedAnswer): boolean {
  return status >= 400 && status < 500;
}

function refuseBadInput(exchange: Exchange, call: Call, plan: Plan, dialect: Dialect): void {
  const { badInput } = exchange.settings.faults;
  const position = badInput === undefined ? -1 : plan.inputs.findIndex((input) => input.includes(badInput.marker));
  if (badInput === undefined || position === -1) return;
  exchange.session.recorder.fault("badInput");
  throw dialect.badInput(badInput.named === true ? plan.nameInput(position) : undefined, call);
}

async function answer(
  exchange: Exchange,
  plan: Plan,
  headers: Readonly<Record<string, string>>,
  dialect: Dialect,
): Promise<void> {
  const { settings, dice, session, id } = exchange;
  const { beginsMs, endsMs } = workOf(exchange, plan.tokens);
  const fault = transportFault(settings.faults, dice);
  const broken = fault === "reset" || fault === "htmlError" || fault === "serverError";
  const good = broken ? undefined : await plan.answer();
  // A stream begins early and spreads over the rest of the time.
  const isStream = good !== undefined && Array.isArray(good.body);
  await exchange.untilAge(isStream ? beginsMs + (endsMs - beginsMs) / 4 : endsMs);
  if (exchange.isOver) return;

  if (fault !== undefined) session.recorder.fault(fault);
  if (fault === "reset") reset(exchange);
  if (fault === "htmlError") await send(exchange, BAD_GATEWAY, 0);
  if (fault === "serverError") {
    const error = dialect.serverError(dice.roll("500") < 0.5 ? 500 : 503, id);
    await send(
      exchange,
      outgoing(exchange, dialect, error.status, headers, bodyOfRefusal(exchange, dialect, error)),
      0,
    );
  }
  if (good === undefined) return;
  if (good.isLost === true) {
    session.recorder.fault("lostCreate");
    reset(exchange);
    return;
  }
  for (const each of good.faults ?? []) session.recorder.fault(each);
  const whole = outgoing(exchange, dialect, 200, { ...headers, ...good.headers }, good.body);
  if (fault === "cutBody") {
    await sendCut(exchange, whole);
    return;
  }
  const answered = good.answered?.map((position) => plan.inputs[position] as string) ?? plan.inputs;
  exchange.answers(answered);
  if (answered.length < plan.inputs.length) {
    const known = new Set(answered);
    session.recorder.inputCounts(
      "malformed",
      plan.inputs.filter((input) => !known.has(input)),
    );
  }
  if (fault === "slowBody") await sendSlowly(exchange, whole, settings.faults.slowBodyMs ?? 1000);
  else await send(exchange, whole, endsMs);
}

/** Ages of the exchange at which the work on its answer begins and ends. */
function workOf({ dice, session, settings, startedAt }: Exchange, tokens: number): ReturnType<Slots["take"]> {
  return session.slots.take(latencyMs(settings.latency, tokens, dice), startedAt);
}

async function refuse(exchange: Exchange, refusal: Refusal, progress: Progress): Promise<void> {
  const { clock } = exchange.session;
  const headers = { ...progress.dialect.headers(progress.pool, clock.now(), exchange), ...refusal.headers };
  await exchange.untilAge(refusalMs(exchange.settings.latency));
  if (exchange.isOver) return;
  const body = bodyOfRefusal(exchange, progress.dialect, refusal);
  await send(exchange, outgoing(exchange, progress.dialect, refusal.status, headers, body), 0);
}

function bodyOfRefusal(exchange: Exchange, dialect: Dialect, refusal: Refusal): string {
  return JSON.stringify(dialect.errorBody?.(refusal, exchange) ?? refusal.body);
}

async function sendScripted(
  exchange: Exchange,
  scripted: ScriptedAnswer,
  plan: Plan | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const { status, body = "" } = scripted;
  exchange.session.recorder.fault(scripted.name);
  const takesMs = isRefusal(scripted)
    ? refusalMs(exchange.settings.latency)
    : workOf(exchange, plan?.tokens ?? 0).endsMs;
  await exchange.untilAge(scripted.delayMs ?? takesMs);
  if (exchange.isOver) return;
  if (status === undefined) return reset(exchange);
  if (status === 200 && typeof body !== "string")
    exchange.session.recorder.inputCounts("malformed", plan?.inputs ?? []);
  // A page comes from a server in between, which knows none of the headers.
  const whole: Outgoing =
    typeof body !== "string"
      ? { status, headers: { ...headers, ...scripted.headers }, body: JSON.stringify(body) }
      : { status, headers: { "content-type": typeOf(body), ...scripted.headers }, body };
  await send(exchange, whole, 0);
}

function typeOf(body: string): string {
  return body.startsWith("<") ? "text/html" : "text/plain";
}

function outgoing(
  exchange: Exchange,
  dialect: Dialect,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Outgoing["body"],
): Outgoing {
  if (dialect.processingHeader === undefined) return { status, headers, body };
  return { status, headers: { ...headers, [dialect.processingHeader]: String(Math.round(exchange.ageMs)) }, body };
}

/** Answer of a gateway in between: without JSON or the API's headers. */
const BAD_GATEWAY: Outgoing = {
  status: 502,
  headers: { "content-type": "text/html" },
  body: "<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body>\n</html>\n",
};
