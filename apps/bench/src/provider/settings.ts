import { readFileSync } from "node:fs";
import type { Setting } from "./contenders/contender.ts";
import type { WorkloadName } from "./workload.ts";

/** The workloads that the sweep looks for settings for; `wide` takes those of `embed`. */
export type SweptName = Exclude<WorkloadName, "wide">;

/** The best setting of each peer for each workload. */
export type BestSettings = Readonly<Record<SweptName, Readonly<Record<string, Setting>>>>;

/** Where `pnpm bench sweep` puts what it finds. */
export const BEST_SETTINGS: URL = new URL("best-settings.json", import.meta.url);

/**
 * The best setting of a contender for a workload, as the committed sweep found it.
 *
 * @throws Error when it found none.
 */
export function bestSetting(workload: WorkloadName, name: string): Setting {
  const all = JSON.parse(readFileSync(BEST_SETTINGS, "utf8")) as Partial<BestSettings>;
  const setting = all[workload === "wide" ? "embed" : workload]?.[name];
  if (setting === undefined) {
    throw new Error(`Expected a setting of ${name} for ${workload} in best-settings.json; run \`pnpm bench sweep\`.`);
  }
  return setting;
}

/** A setting in words: "2 in flight, 2048 a request, 10 retries"; "as it comes" where nothing is set. */
export function describeSetting({ share, concurrency, size, retries }: Setting): string {
  const words = [
    share !== undefined && `${Math.round(share * 100)} % of the limits`,
    concurrency !== undefined && `${concurrency} in flight`,
    size !== undefined && `${size} a request`,
    retries !== undefined && `${retries} retries`,
  ].filter((each) => each !== false);
  return words.length === 0 ? "as it comes" : words.join(", ");
}
