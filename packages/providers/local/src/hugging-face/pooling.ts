import { join } from "node:path";
import type { UnknownPooling } from "../model.ts";
import type { Pooling } from "../pooling.ts";
import { type Json, readJson } from "./files.ts";

/**
 * Way in which sentence-transformers would make one vector of the token vectors: modules.json lists the steps behind the
 * network, and the folder of the Pooling step has its mode. Without those files it is the mean.
 */
export async function poolingOf(folder: string): Promise<Pooling | UnknownPooling> {
  const modules = (await readJson<readonly Module[]>(folder, "modules.json")) ?? [];
  const strange = modules.map(stepOf).find((step) => !KNOWN_STEPS.has(step));
  if (strange !== undefined) return { unsupported: `the step ${strange} (modules.json)` };

  const path = modules.find((module) => stepOf(module) === "Pooling")?.path ?? "1_Pooling";
  const config = await readJson(folder, join(path, "config.json"));
  const modes = config === undefined ? ["mean"] : modesOf(config);
  const pooling = modes.length === 1 ? POOLINGS[modes[0]!] : undefined;
  return pooling ?? { unsupported: `the pooling ${modes.join(" + ") || "none"} (${path}/config.json)` };
}

interface Module {
  /** The class, as "sentence_transformers.models.Pooling". */
  readonly type: string;
  readonly path: string;
}

/** Normalizing is what we do in any case. */
const KNOWN_STEPS: ReadonlySet<string> = new Set(["Transformer", "Pooling", "Normalize"]);

/** Modes in both of the spellings that sentence-transformers has used. */
const POOLINGS: Readonly<Record<string, Pooling>> = {
  mean: "mean",
  mean_tokens: "mean",
  // A multiple of the mean, and so the same once its length is 1.
  mean_sqrt_len_tokens: "mean",
  cls: "cls",
  cls_token: "cls",
  lasttoken: "last-token",
};

function stepOf(module: Module): string {
  return module.type.split(".").at(-1) ?? module.type;
}

/** `"pooling_mode": "mean"`, or `"pooling_mode_mean_tokens": true` and its like. */
function modesOf(config: Json): string[] {
  const mode = config["pooling_mode"];
  if (typeof mode === "string") return [mode];
  if (Array.isArray(mode)) return mode.map(String);
  return Object.entries(config)
    .filter(([name, value]) => name.startsWith("pooling_mode_") && value === true)
    .map(([name]) => name.slice("pooling_mode_".length));
}
