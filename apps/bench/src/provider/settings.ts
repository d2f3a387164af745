import { readFileSync } from "node:fs";
import type { Setting } from "./contenders/contender.ts";
import type { LatencyName, LimitsName, OwnName } from "./workload.ts";

/** Workloads for which the sweep finds settings; `wide` uses those of `embed`. */
export type SweptName = Exclude<LimitsName, "wide"> | LatencyName | OwnName;

/** Best setting of each peer for each workload. */
export type BestSettings = { readonly [Name in SweptName]?: Readonly<Record<string, Setting>> };

/** File that `pnpm bench sweep` writes. */
export const BEST_SETTINGS: URL = new URL("best-settings.json", import.meta.url);

/**
 * Best setting of a contender for a workload, from the committed sweep.
 *
 * @throws Error when it found none.
 */
export function bestSetting(workload: SweptName | "wide", name: string): Setting {
  const all = JSON.parse(readFileSync(BEST_SETTINGS, "utf8")) as BestSettings;
  const setting = all[workload === "wide" ? "embed" : workload]?.[name];
  if (setting === undefined) {
    throw new Error(`Expected a setting of ${name} for ${workload}, got none. Run \`pnpm bench sweep\`.`);
  }
  return setting;
}

/** Setting in words: "2 in flight, 2048 a request, 10 retries"; "as it comes" when nothing is set. */
export function describeSetting({ share, concurrency, size, retries }: Setting): string {
  const words = [
    share !== undefined && `${Math.round(share * 100)} % of the limits`,
    concurrency !== undefined && `${concurrency} in flight`,
    size !== undefined && `${size} a request`,
    retries !== undefined && `${retries} retries`,
  ].filter((each) => each !== false);
  return words.length === 0 ? "as it comes" : words.join(", ");
}
