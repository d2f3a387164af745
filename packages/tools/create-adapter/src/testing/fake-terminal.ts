import { PassThrough, Readable } from "node:stream";
import type { Terminal } from "../ask.ts";

/** A key that is pressed: a character, or the name of another key. */
export type Key = "enter" | "down" | "backspace" | "ctrl-c" | (string & {});

const SEQUENCES: Readonly<Record<string, string>> = {
  enter: "\r",
  down: "\u001B[B",
  backspace: "\u007F",
  "ctrl-c": "\u0003",
};

/** A terminal at which each question is answered with the next keys, once it has been asked. */
export class FakeTerminal implements Terminal {
  readonly input: Readable = Object.assign(new Readable({ read() {} }), {
    isTTY: true,
    setRawMode() {},
  });
  readonly output: PassThrough = Object.assign(new PassThrough(), { columns: 80, rows: 40, isTTY: true });
  /** All that was shown. */
  shown = "";

  /** @param answers the keys for each question, by a part of its text */
  constructor(answers: Readonly<Record<string, readonly Key[]>>) {
    const left = new Map(Object.entries(answers));
    let seen = 0;
    this.output.setEncoding("utf8").on("data", (text: string) => {
      this.shown += text;
      for (const [question, keys] of left) {
        const at = this.shown.indexOf(question, seen);
        if (at === -1) continue;
        left.delete(question);
        seen = at + question.length;
        setImmediate(() => {
          for (const key of keys) this.input.push(SEQUENCES[key] ?? key);
        });
      }
    });
  }
}
