import { Buffer } from "node:buffer";

import { Dice } from "../dice.ts";
import { rowFlaw } from "../faults/scripted-row.ts";
import type { Call, Plan, Route } from "../server/route.ts";
import { Refusal } from "../server/refusal.ts";
import type { JobLine, LineRequest } from "./job-line.ts";

/** Reads the lines of a job as the live endpoint reads requests, each with its own dice. */
export async function planLines(call: Call, route: Route, requests: readonly LineRequest[]): Promise<JobLine[]> {
  const lines: JobLine[] = [];
  for (const [index, { id, body }] of requests.entries()) {
    const requestId = `${call.id}${index.toString(16).padStart(5, "0")}`;
    const seed = Math.floor(call.dice.roll(`line ${index}`) * 2 ** 31);
    const dice = new Dice(seed, index);
    const lineCall: Call = { ...call, path: route.path, body, id: requestId, dice };
    lines.push(await planLine(lineCall, route, id, requestId));
    await call.pace.rest();
  }
  return lines;
}

async function planLine(call: Call, route: Route, id: string, requestId: string): Promise<JobLine> {
  try {
    const plan = await route.plan(call);
    const { inputs, tokens } = plan;
    const refusal = refusalOf(call, route, plan);
    const flaw = refusal === undefined ? rowFlaw(call.settings.jobs.rows ?? [], inputs, call.dice) : undefined;
    return { id, requestId, tokens, inputs, refusal, flaw, answer: async () => bytesOf((await plan.answer()).body) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { id, requestId, tokens: 0, inputs: [], refusal: error, answer: () => Promise.reject(error) };
  }
}

function refusalOf({ settings, dice, ...call }: Call, { dialect }: Route, plan: Plan): Refusal | undefined {
  const { badInput } = settings.faults;
  const position = badInput === undefined ? -1 : plan.inputs.findIndex((input) => input.includes(badInput.marker));
  if (badInput !== undefined && position !== -1) {
    const name = badInput.named === true ? plan.nameInput(position) : undefined;
    return dialect.badInput(name, { ...call, settings, dice });
  }
  const { lineErrorRate = 0, onlyErrorFile = false } = settings.jobs;
  return onlyErrorFile || dice.roll("lineError") < lineErrorRate ? dialect.serverError(500, call.id) : undefined;
}

function bytesOf(body: string | Buffer | readonly string[]): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : body.join(""));
}
