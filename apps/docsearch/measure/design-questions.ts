import type { Question } from "./questions.ts";

/**
 * Questions by which passages and weights were chosen, written from reading these documents and before any was searched
 * for. The others, in questions.ts, judge the outcome.
 */
export const designQuestions: readonly Question[] = [
  { question: "read a columnar data file in the browser without a server", document: "hyparquet/README.md" },
  { question: "where do I put scratch data that deletes itself when my program ends?", document: "tmp/README.md" },
  { question: "when will this crontab line fire next, in a given timezone?", document: "cron-parser/README.md" },
  { question: "give database connections back so that other requests can use them", document: "pg-pool/README.md" },
  { question: "find out that the other side of a socket has silently died", document: "ws/README.md" },
  {
    question: "pretend that a remote API answered, so that tests need no network",
    document: "undici/docs/docs/api/MockAgent.md",
  },
  {
    question: "record what a real API answers once and play it back in later test runs",
    document: "undici/docs/docs/api/SnapshotAgent.md",
  },
  {
    question: "both sides prove who they are when a TLS connection is opened",
    document: "undici/docs/docs/best-practices/client-certificate.md",
  },
  { question: "the same dice rolls every time, for a game that can be replayed", document: "seedrandom/README.md" },
  { question: "get rid of colors and other escape codes in captured output", document: "strip-ansi/readme.md" },
  { question: "show 5400000 as one hour and a half", document: "pretty-ms/readme.md" },
  { question: "give up on an async operation that takes too long", document: "p-timeout/readme.md" },
  { question: "does this folder use yarn, pnpm or bun?", document: "package-manager-detector/README.md" },
  { question: "upload a file together with some text fields by HTTP POST", document: "form-data/README.md" },
  { question: "understand a stream of events that a server pushes", document: "eventsource-parser/README.md" },
  { question: "change one setting in a config file and leave its comments alone", document: "jsonc-parser/README.md" },
  { question: "large integers lose digits on their way through JSON", document: "json-with-bigint/README.md" },
  { question: "which Content-Type header belongs to a file extension?", document: "mime-types/README.md" },
  { question: "keep the database password out of my source in a file of my home folder", document: "pgpass/README.md" },
  { question: "nicer page for exceptions while I develop a web server", document: "youch/README.md" },
  {
    question: "add vendor prefixes for older browsers and make stylesheets smaller",
    document: "lightningcss/README.md",
  },
  { question: "may I publish under this name or is it forbidden?", document: "validate-npm-package-name/README.md" },
  { question: "bundle type declarations of a library into one file", document: "rolldown-plugin-dts/README.md" },
  {
    question: "several frontend apps behind one address on my own machine",
    document: "turbo/docs/guides/microfrontends.mdx",
  },
  {
    question: "end-to-end browser tests should run again only if something changed",
    document: "turbo/docs/guides/tools/playwright.mdx",
  },
  {
    question: "keep a single user from flooding my chat endpoint",
    document: "ai/docs/06-advanced/06-rate-limiting.mdx",
  },
  {
    question: "turn a recording of a meeting into text",
    document: "ai/docs/03-ai-sdk-core/36-transcription.mdx",
  },
  {
    question: "a person has to agree before the assistant deletes anything",
    document: "ai/docs/03-agents/06-tool-approvals.mdx",
  },
  { question: "key-value storage where I can swap Redis for SQLite later", document: "keyv/README.md" },
  { question: "clean up when the user presses Ctrl-C", document: "async-exit-hook/readme.md" },
  { question: "unpack a .zst archive in plain JavaScript", document: "fzstd/README.md" },
  { question: "go through a folder and everything below it", document: "klaw/README.md" },
  { question: "turn &amp; and &eacute; into the characters they stand for", document: "entities/readme.md" },
  { question: "taking from the front of a long array is slow", document: "yocto-queue/readme.md" },
  { question: "every second Tuesday of the month until Christmas", document: "rrule-temporal/README.md" },
  { question: "let readers link to one section of my rendered page", document: "markdown-it-anchor/README.md" },
];
