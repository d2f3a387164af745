import { broken, expectThat } from "../law.ts";
import type { JobLaw } from "./job-law.ts";
import { JobTrial } from "./job-trial.ts";

/** J1: a row can be matched, because its line keeps the id that it was given. */
const line: JobLaw = {
  number: "J1",
  title: "a line keeps its id, and is one line of JSON",
  advice: "write the id that `line` is given into one line of JSON.",
  async check(subject) {
    const { backend } = await JobTrial.open(subject, "well");
    for (const [position, input] of subject.inputs.entries()) {
      const where = `line, input ${position}`;
      const { id, text } = backend.line([input], "a-1");
      expectThat(id === "a-1", where, "the id that it was given", "another");
      expectThat(!/[\r\n]/.test(text), where, "one line of JSON", "several lines");
      expectThat(isJson(text), where, "one line of JSON", "a text that is not JSON");
      const other = backend.line([input], "a-2").text;
      expectThat(
        other !== text,
        where,
        "another text for another id, so that the provider can hand it back",
        "the same",
      );
    }
  },
};

/** J2: what is written down to find a job again must not give the account away. */
const identity: JobLaw = {
  number: "J2",
  title: "identity is the same each time, and neither it nor a line holds the key",
  advice: "name provider, endpoint, model and parameters, and leave out the key.",
  async check(subject) {
    const trials = [await JobTrial.open(subject, "well"), await JobTrial.open(subject, "well")];
    const [first, second] = trials.map(({ backend }) => backend.identity);
    expectThat(first !== undefined && first !== "", "identity", "a text", "none");
    expectThat(first === second, "identity, of a second backend of the same options", "the same text", "another");
    for (const { backend, lines } of trials) {
      const written = [backend.identity, ...lines.map(({ text }) => text)].join("\n");
      if (written.includes(subject.key)) throw broken("identity and lines", "no key in them", "the key");
    }
  },
};

/** Laws of what is written before a job is created. */
export const laws: readonly JobLaw[] = [line, identity];

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
