/** Question, phrased without knowledge of the answer, and the document that answers it. */
export interface Question {
  readonly question: string;
  /** The document's `name`. The lockfile pins its package, so that every clone has it. */
  readonly document: string;
}

/**
 * Questions for measuring search quality, written before the first measurement and not changed since. Their scores were
 * seen while passages and ranking were designed, so they are not an untouched test set; see the README.
 */
export const questions: readonly Question[] = [
  {
    question: "my script has finished but the process never exits, what keeps it alive?",
    document: "why-is-node-running/README.md",
  },
  {
    question: "send all outgoing traffic of my program through the company proxy",
    document: "global-agent/README.md",
  },
  {
    question: "how can I turn an exception into JSON and back without losing its stack?",
    document: "serialize-error/readme.md",
  },
  {
    question: "random names for things that people can pronounce and remember",
    document: "human-id/README.md",
  },
  {
    question: "short unguessable ids that are safe in a web address",
    document: "nanoid/README.md",
  },
  { question: "stop trying again when a failure is permanent", document: "p-retry/readme.md" },
  {
    question: "leave some results out when mapping over a list asynchronously",
    document: "p-map/readme.md",
  },
  {
    question: "let urgent jobs overtake the others that are waiting",
    document: "p-queue/readme.md",
  },
  { question: "limit how much memory a worker thread may take", document: "piscina/README.md" },
  { question: "forget cached entries after a while", document: "lru-cache/README.md" },
  {
    question: "search box that forgives typing mistakes, without a server",
    document: "minisearch/README.md",
  },
  { question: "create a zip archive in the browser", document: "fflate/README.md" },
  {
    question: "change a piece of source code and still get a correct source map",
    document: "magic-string/README.md",
  },
  {
    question: "from a line in minified code back to the original file",
    document: "source-map-js/README.md",
  },
  {
    question: "which releases does a caret in front of a version number let in?",
    document: "semver/README.md",
  },
  { question: "make a command line flag mandatory", document: "commander/Readme.md" },
  {
    question: "one cell of a terminal table across several columns",
    document: "cli-table3/README.md",
  },
  { question: "several progress bars below one another", document: "cli-progress/README.md" },
  {
    question: "test my function with generated inputs and get the smallest failing one",
    document: "fast-check/README.md",
  },
  {
    question: "assert in a unit test that a type is what I expect",
    document: "expect-type/README.md",
  },
  {
    question: "compare the speed of two functions and get operations per second",
    document: "tinybench/README.md",
  },
  {
    question: "check that data from outside has the right shape while the program runs",
    document: "zod/README.md",
  },
  {
    question: "repeat a part of a template for each element of an array",
    document: "mustache/README.md",
  },
  {
    question: "are we on Alpine or on Debian? which C library does this Linux have",
    document: "detect-libc/README.md",
  },
  {
    question: "count what a prompt costs before I send it to GPT",
    document: "js-tiktoken/README.md",
  },
  {
    question: "break a command typed by the user into its arguments",
    document: "shell-quote/README.md",
  },
  {
    // oxlint-disable-next-line words/plain -- the measured questions stay as they are
    question: "find dependencies and exported functions that nobody needs any more",
    document: "knip/README.md",
  },
  {
    question: "small container images for one app out of a monorepo",
    document: "turbo/docs/guides/tools/docker.mdx",
  },
  {
    question: "let colleagues and CI reuse what I have already built",
    document: "turbo/docs/core-concepts/remote-caching.mdx",
  },
  {
    question: "switch off the collection of anonymous usage data",
    document: "turbo/docs/telemetry.mdx",
  },
];

/** Questions that a start without a question answers. */
export const exampleQuestions: readonly string[] = [
  "how do I keep a cache from growing forever?",
  "how can I cancel a task that runs in a worker?",
  "how do I pass an array from the command line?",
];
