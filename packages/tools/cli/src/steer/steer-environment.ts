import type { Readable, Writable } from "node:stream";
import { ArgumentError } from "@batchwise/core";
import { confirm } from "@batchwise/terminal";

/** Environment of the commands that steer. */
export interface SteerEnvironment {
  readonly folder: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Sets the exit code of a command that has done nothing wrong. */
  readonly onExitCode: (code: number) => void;
}

/**
 * Says what a command is going to do, and asks, unless --yes was given.
 *
 * @returns whether to go on; without it the exit code is that of a run that the user has ended
 * @throws ArgumentError where there is no terminal to ask
 */
export async function isWanted(
  what: string,
  isSure: boolean | undefined,
  environment: SteerEnvironment,
): Promise<boolean> {
  if (isSure === true) return true;
  const answer = await confirm(what, { input: environment.stdin, output: environment.stderr });
  if (answer === undefined) throw new ArgumentError("Expected --yes, or a terminal to ask, got neither. Give --yes.");
  if (!answer) environment.onExitCode(130);
  return answer;
}
