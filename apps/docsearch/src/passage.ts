import { hash } from "node:crypto";

/** Piece of a document on one subject: small enough to be embedded, and to be read at a glance. */
export interface Passage {
  /** Name of the document: `package/path/in/package.md` under node_modules, else the path from the searched folder. */
  readonly document: string;
  /** First line, from 1. */
  readonly line: number;
  /** Headings above it, outermost first. */
  readonly headings: readonly string[];
  /** Prose without Markdown's marks; empty for code alone below a heading. */
  readonly text: string;
  /** Code or table that follows the prose; empty for none. */
  readonly code: string;
}

/** Tells whether a text has at least 20 letters and digits. */
export function isMeaningful(text: string): boolean {
  return /(?:[\p{L}\p{N}][^\p{L}\p{N}]*){20}/u.test(text);
}

/** Text to embed of a passage: its document, its headings and its prose. An encoder of sentences cannot read code. */
export function embeddedText({ document, headings, text }: Passage): string {
  const place = [document.replace(/\.\w+$/, ""), headings.join(" > ")].filter((part) => part !== "").join(": ");
  return text === "" ? place : `${place}\n${text}`;
}

/** Key of an embedded text in the index: 128 bits of its SHA-256, in hexadecimal. */
export function textKey(text: string): string {
  return hash("sha256", text, "hex").slice(0, 32);
}
