import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";

/** Streams of a question. */
export interface Dialog {
  /** @default the process's standard input */
  readonly input?: Readable | undefined;
  /** @default the process's standard error */
  readonly output?: Writable | undefined;
}

/**
 * Says what is going to be done, and asks for a yes.
 *
 * @returns the answer; undefined without a terminal, where there is none to ask
 */
export async function confirm(what: string, dialog: Dialog = {}): Promise<boolean | undefined> {
  const { input = process.stdin, output = process.stderr } = dialog;
  if ((input as { readonly isTTY?: boolean }).isTTY !== true) {
    output.write(`${what}\n`);
    return undefined;
  }
  const asking = createInterface({ input, output });
  try {
    return /^y(es)?$/i.test((await asking.question(`${what} Go on? [y/N] `)).trim());
  } finally {
    asking.close();
  }
}
