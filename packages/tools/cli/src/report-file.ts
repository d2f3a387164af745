import { access, constants, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { ArgumentError, codeOf } from "@batchwise/core";
import type { InputFile } from "./inputs/input-files.ts";
import type { RunOptions } from "./options.ts";
import { checkNoFolder } from "./output-choice.ts";
import { isSameFile } from "./same-file.ts";
import { reasonOf } from "./reason-of.ts";
import { messageOf } from "./result.ts";
import type { RunResult } from "./run-result.ts";

/** File of a run's report. */
export interface ReportFile {
  /** Replaces the file. @throws Error where it cannot be written */
  write(result: RunResult): Promise<void>;
}

/**
 * Opens the file for a report, before anything is sent. It is changed at the end of the run alone.
 *
 * @throws ArgumentError where it cannot be written, is the input, or does not end in .json
 */
export async function openReportFile(
  { report }: RunOptions,
  folder: string,
  inputs: readonly InputFile[],
): Promise<ReportFile | undefined> {
  if (report === undefined) return undefined;
  if (path.extname(report).toLowerCase() !== ".json") {
    throw new ArgumentError(`Expected a --report that ends in .json, got ${report}. Give another name.`);
  }
  const file = path.resolve(folder, report);
  for (const input of inputs) {
    if (!(await isSameFile(input.path, file))) continue;
    throw new ArgumentError("Expected another --report than the input, got the same file. Give another.");
  }
  await checkNoFolder("--report", report, file);
  await access(path.dirname(file), constants.W_OK).catch((error: unknown) => {
    throw new ArgumentError(`Expected the folder of ${report} to be writable, got ${reasonOf(error)}.`);
  });
  return {
    write: async (result) => {
      try {
        await writeFile(`${file}.new`, `${JSON.stringify(reportJson(result), undefined, 2)}\n`);
        await rename(`${file}.new`, file);
      } catch (error) {
        throw new Error(`Expected ${report} to be writable, got ${reasonOf(error)}. The output is not affected.`, {
          cause: error,
        });
      }
    },
  };
}

function reportJson(result: RunResult): object {
  const { status, reason, report, overspend, limits, cache, failures, sample, ...counts } = result;
  const { answered, failed, earlier, earlierFailed } = counts;
  const { requests, retries, usage, durationMs, waitedMs } = report ?? {};
  return {
    version: 1,
    status,
    reason: reason === undefined ? undefined : { code: codeOf(reason), message: messageOf(reason) },
    inputs: { answered, failed, earlier, earlierFailed },
    failures,
    requests,
    retries,
    tokens: usage && {
      input: usage.inputTokens,
      cachedInput: usage.cachedInputTokens,
      output: usage.outputTokens,
      total: usage.totalTokens,
    },
    cost: usage?.cost,
    overspend,
    durationMs: wholeOf(durationMs),
    waitedMs: wholeOf(waitedMs),
    limitsPerMinute: limits,
    cache,
    sample: sample && sampleJson(sample),
  };
}

/** All inputs by a sample, and the most that they weigh. */
function sampleJson({ estimate, tokens, cost, durationMs }: NonNullable<RunResult["sample"]>): object {
  const { inputs, unreadable, requests, outputTokens, shortestMs } = estimate;
  return {
    inputs,
    unreadable,
    requests,
    tokens: wholeOf(tokens),
    cost,
    durationMs: wholeOf(durationMs),
    atMost: { tokens: estimate.tokens, outputTokens, cost: estimate.cost },
    atLeast: { durationMs: wholeOf(shortestMs) },
  };
}

function wholeOf(amount: number | undefined): number | undefined {
  return amount === undefined ? undefined : Math.round(amount);
}
