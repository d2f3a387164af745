import { readFile } from "node:fs/promises";

import type { JobBackend } from "@batchwise/core";
import { describe, expect, it } from "vitest";

import { LawError } from "../law.ts";
import { recorder } from "../recorder.fixture.ts";
import { brokenJobs } from "./broken-jobs.fixture.ts";
import { jobBackendConformance, type JobBackendConformanceOptions } from "./job-backend-conformance.ts";
import { jobLaws } from "./job-laws.ts";
import type { JobSituation } from "./job-subject.ts";
import { collected, MemoryBackend } from "./memory-jobs.fixture.ts";

const shouting: JobBackendConformanceOptions<string, string> = {
  inputs: ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"],
  expected: (text) => text.toUpperCase(),
  key: "secret-key",
  create: (situation) => new MemoryBackend(situation),
  patienceMs: 100,
};

await jobBackendConformance({ ...shouting, name: "a job backend in memory keeps the laws" });

async function redIn(changes: Partial<JobBackendConformanceOptions<string, string>>): Promise<Map<string, unknown>> {
  const { runner, redIn: run } = recorder();
  void jobBackendConformance({ ...shouting, ...changes, runner });
  return run();
}

describe("jobBackendConformance", () => {
  it("registers one test a law, J1 to J16, each with a title", () => {
    const { runner, tests, suites } = recorder();
    void jobBackendConformance({ ...shouting, runner, skip: { J12: "the format has no rows" } });
    expect(suites).toEqual(["the laws of a job backend"]);
    expect(jobLaws.map((law) => law.number)).toEqual(Array.from({ length: 16 }, (_, index) => `J${index + 1}`));
    expect(new Set(jobLaws.map((law) => law.title)).size).toBe(16);
    expect(tests.map(({ name }) => name.replace(/ \(does.*/, ""))).toEqual(
      jobLaws.map((law) => `${law.number} ${law.title}`),
    );
    expect(tests.filter(({ skipped }) => skipped).map(({ name }) => name)).toEqual([
      "J12 a row that cannot be read costs its own line alone (does not apply: the format has no rows)",
    ]);
  });

  it.each(brokenJobs.map(([law, make]) => [law, make.name, make] as const))(
    "%s is broken by %s",
    async (law, name, make) => {
      const red = await redIn({ create: (situation) => new make(situation) });
      // One that mixes rows up mixes them up in every situation.
      const laws = [...red.keys()].filter((each) => name !== "MatchesByPosition" || each === law);
      expect(laws).toEqual([law]);
      expect(LawError.isInstance(red.get(law)), String(red.get(law))).toBe(true);
      expect((red.get(law) as Error).message).toMatch(new RegExp(`, got .*\\. To keep ${law}: .+\\.$`, "s"));
      for (const input of shouting.inputs) expect((red.get(law) as Error).message).not.toContain(input);
    },
  );

  it.each([
    "bad line",
    "no good line",
    "expired",
    "under way",
    "rows late",
    "unreadable row",
    "foreign row",
    "silent",
  ] as const)("a provider that is never in the situation %s is found", async (missing) => {
    const create = (situation: JobSituation<string>): JobBackend<string, string> =>
      new MemoryBackend(situation.name === missing ? { ...situation, name: "well" } : situation);
    const laws = {
      "bad line": "J11",
      "no good line": "J7",
      expired: "J8",
      "under way": "J9",
      "rows late": "J6",
    } as const;
    const others = { "unreadable row": "J12", "foreign row": "J13", silent: "J16" } as const;
    expect([...(await redIn({ create })).keys()]).toEqual([{ ...laws, ...others }[missing]]);
  });

  it("a provider whose rows keep the lines' order is found", async () => {
    const create = (situation: JobSituation<string>): JobBackend<string, string> => {
      const backend = new MemoryBackend(situation);
      const rows = backend.rows.bind(backend);
      return Object.assign(backend, {
        rows: async function* (...args: Parameters<typeof rows>) {
          yield* (await collected(rows(...args))).toReversed();
        },
      });
    };
    expect([...(await redIn({ create })).keys()]).toEqual(["J10"]);
  });

  it("a job that never ends is given up", async () => {
    const create = (situation: JobSituation<string>): JobBackend<string, string> =>
      new MemoryBackend(situation.name === "well" ? { ...situation, name: "rows late" } : situation);
    const red = await redIn({ create, patienceMs: 5 });
    expect(red.get("J14")).toMatchObject({
      message: expect.stringMatching(/^rows: expected a job that ends, got none in 5 ms\. To keep J14: /),
    });
  });

  it("wants inputs, functions, a key, and a reason for every gap", () => {
    const refusalOf = (changes: object): string => {
      try {
        void jobBackendConformance({ ...shouting, ...changes, runner: recorder().runner });
      } catch (error) {
        return (error as Error).message;
      }
      return "nothing was refused";
    };
    expect(refusalOf({ inputs: ["a", "b"] })).toBe(
      "Expected `inputs` to be an array of at least 6 different inputs, got 2 different ones. Give more.",
    );
    expect(refusalOf({ inputs: 6 })).toContain("got number.");
    expect(refusalOf({ create: {} })).toBe("Expected `create` to be a function, got object. Give one.");
    expect(refusalOf({ expected: "A" })).toContain("Expected `expected` to be a function, got string.");
    expect(refusalOf({ key: "k" })).toContain("Expected `key` to be a text of at least 8 characters");
    expect(refusalOf({ skip: { J99: "no such law" } })).toContain("Expected `skip` to name laws, J1 to J16, got J99.");
    expect(refusalOf({ skip: { J2: " " } })).toContain("Expected `skip.J2` to say why, got no reason.");
  });
});

it("docs/laws.md has every law of a job backend, in its words and order", async () => {
  const text = await readFile(new URL("../../../../docs/laws.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| (J\d+) +\| (.*?) +\|/gm)].map(([, number, title]) => `${number} ${title}`);
  expect(rows).toEqual(jobLaws.map((law) => `${law.number} ${law.title}`));
});
