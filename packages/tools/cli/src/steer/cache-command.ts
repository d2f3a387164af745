import { stat } from "node:fs/promises";
import path from "node:path";
import type { CacheFileStore } from "@batchwise/cache";
import { ArgumentError } from "@batchwise/core";
import { amount, count, counted, duration, listing } from "@batchwise/terminal";
import { Command } from "commander";
import { reasonOf } from "../reason-of.ts";
import { widthOf } from "../terminal-width.ts";
import { isWanted, type SteerEnvironment } from "./steer-environment.ts";

interface PruneFlags {
  readonly olderThan?: number;
  readonly maxSize?: number;
  readonly yes?: boolean;
}

const DAY_MS = 86_400_000;
const MEGABYTE = 1_000_000;
const FOLDER = "folder of --cache";

/** Command `batchwise cache`: shows a cache of results, and makes it smaller. */
export function cacheCommand(environment: SteerEnvironment): Command {
  const command = new Command("cache")
    .description("Shows, prunes or clears a cache of results.")
    .addHelpText("after", EXAMPLES);
  command
    .command("stats")
    .description("Shows how many results a cache holds, their size and age.")
    .argument("<folder>", FOLDER)
    .action((folder: string) => withCacheIn(folder, environment, (store) => stats(store, environment)));
  command
    .command("prune")
    .description("Deletes results that are old or too many, those saved first first.")
    .argument("<folder>", FOLDER)
    .option("--older-than <days>", "those that were saved so long ago", amount)
    .option("--max-size <MB>", "those that have to go until the rest is no larger", amount)
    .option("--yes", "without a question")
    .action((folder: string, flags: PruneFlags) =>
      withCacheIn(folder, environment, (store) => prune(store, flags, environment)),
    );
  command
    .command("clear")
    .description("Deletes all results of a cache.")
    .argument("<folder>", FOLDER)
    .option("--yes", "without a question")
    .action((folder: string, { yes }: PruneFlags) =>
      withCacheIn(folder, environment, (store) => clear(store, yes, environment)),
    );
  return command;
}

const EXAMPLES = `
Examples:
  batchwise cache stats kept
  batchwise cache prune kept --older-than 30 --max-size 500
  batchwise cache clear kept --yes
`;

/** @throws ArgumentError where there is no cache, or one that cannot be used */
async function withCacheIn(
  folder: string,
  { folder: base }: SteerEnvironment,
  work: (store: CacheFileStore) => Promise<void>,
): Promise<void> {
  const file = path.resolve(base, folder, "cache.sqlite");
  await stat(file).catch((error: unknown) => {
    throw new ArgumentError(`Expected a cache in ${folder}, got ${reasonOf(error)}. Give the folder of --cache.`);
  });
  const { fileStore } = await import("@batchwise/cache");
  const store = fileStore({ path: file });
  try {
    await work(store);
  } finally {
    await store.disconnect?.();
  }
}

async function stats(store: CacheFileStore, environment: SteerEnvironment): Promise<void> {
  const { entries, bytes, oldest, newest } = await store.usage();
  const rows = [{ Results: count(entries), Size: sizeOf(bytes), Oldest: ageOf(oldest), Newest: ageOf(newest) }];
  environment.stdout.write(listing(rows, widthOf(environment.stdout)));
}

async function prune(store: CacheFileStore, flags: PruneFlags, environment: SteerEnvironment): Promise<void> {
  const { olderThan, maxSize, yes } = flags;
  if (olderThan === undefined && maxSize === undefined) {
    throw new ArgumentError("Expected --older-than or --max-size, got neither. Give one of them, or both.");
  }
  const limits = {
    maxAgeMs: olderThan === undefined ? undefined : olderThan * DAY_MS,
    maxBytes: maxSize === undefined ? undefined : maxSize * MEGABYTE,
  };
  const { entries } = await store.usage();
  const gone = await store.prune({ ...limits, isTrial: true });
  const what = `Deletes ${count(gone)} of ${counted(entries, "result")}, those saved first.`;
  if (gone > 0 && !(await isWanted(what, yes, environment))) return;
  await deleted(store, await store.prune(limits), environment);
}

async function clear(store: CacheFileStore, yes: boolean | undefined, environment: SteerEnvironment): Promise<void> {
  const { entries, bytes } = await store.usage();
  const what = `Deletes all ${counted(entries, "result")} (${sizeOf(bytes)}): they would be paid again.`;
  if (entries > 0 && !(await isWanted(what, yes, environment))) return;
  await store.clear();
  await deleted(store, entries, environment);
}

async function deleted(store: CacheFileStore, entries: number, { stdout }: SteerEnvironment): Promise<void> {
  if (entries > 0) await store.shrink();
  stdout.write(`${counted(entries, "result")} deleted; ${sizeOf((await store.usage()).bytes)} are left.\n`);
}

function sizeOf(bytes: number): string {
  return bytes < MEGABYTE ? `${count(bytes / 1000)} kB` : `${count(bytes / MEGABYTE)} MB`;
}

function ageOf(savedAt: number | undefined): string {
  return savedAt === undefined ? "none" : `${duration(Math.max(0, Date.now() - savedAt))} ago`;
}
