import { checkLaw, type Law, type LawError } from "./law.ts";
import { laws } from "./laws/index.ts";
import { defineSubject, type Subject, type SubjectOptions } from "./subject.ts";

/** Result of holding a subject to one law. */
export type LawReport =
  | { readonly law: Law; readonly status: "kept" }
  | { readonly law: Law; readonly status: "skipped"; readonly reason: string }
  /** The `error` is a LawError, or what the subject threw where nothing may throw. */
  | { readonly law: Law; readonly status: "broken"; readonly error: LawError | Error };

/**
 * Holds a subject to every law, without a test runner.
 *
 * @returns One report a law, L1 first.
 * @throws ArgumentError for a subject that cannot be checked, such as one with too few inputs.
 */
export async function checkLaws<Input, Output, Answer = Output>(
  options: SubjectOptions<Input, Output, Answer>,
): Promise<readonly LawReport[]> {
  const subject = defineSubject(options);
  const reports: LawReport[] = [];
  // One law after another: the threads and files of an adapter must not be shared by chance.
  for (const law of laws) reports.push(await reportOn(law, subject));
  return reports;
}

/** Reason why the subject is not held to the law, as it declared. Undefined where it is held to it. */
export function reasonToSkip(law: Law, subject: Subject<any, any>): string | undefined {
  return subject.skip[law.number] ?? (law.observes ? subject.unobserved : undefined);
}

async function reportOn<Input, Output>(law: Law, subject: Subject<Input, Output>): Promise<LawReport> {
  const reason = reasonToSkip(law, subject);
  if (reason !== undefined) return { law, status: "skipped", reason };
  try {
    await checkLaw(law, () => law.check(subject));
    return { law, status: "kept" };
  } catch (error) {
    return {
      law,
      status: "broken",
      error:
        error instanceof Error
          ? error
          : new Error("Expected an Error to be thrown, got another value. It is in `cause`.", { cause: error }),
    };
  }
}
