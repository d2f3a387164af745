import { createHash } from "node:crypto";

/** A piece of a document that says one thing: small enough to be embedded, and to be read at a glance. */
export interface Passage {
  /** The document's name: `package/path/in/package.md` under node_modules, else the path from the folder searched. */
  readonly document: string;
  /** The line on which the passage starts, from 1. */
  readonly line: number;
  /** The headings above it, outermost first. */
  readonly headings: readonly string[];
  /** Prose without Markdown's marks; empty where there is nothing but code below a heading. */
  readonly text: string;
  /** The code or table that follows the prose; empty where none does. */
  readonly code: string;
}

/** Whether a text has the 20 letters and digits without which it says nothing. */
export function saysSomething(text: string): boolean {
  return /(?:[\p{L}\p{N}][^\p{L}\p{N}]*){20}/u.test(text);
}

/** What is embedded of a passage: its prose, with its place where that is too short. An encoder cannot read code. */
export function embeddedText({ document, headings, text }: Passage): string {
  return saysSomething(text) ? text : [...headings, document, text].filter((part) => part !== "").join(", ");
}

/** The key of an embedded text in the index: 128 bits of its SHA-256, in hexadecimal. */
export function textKey(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
