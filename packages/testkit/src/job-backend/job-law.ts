import type { JobLawNumber, JobSubject } from "./job-subject.ts";

/** Law of a job backend, as a check that needs no test runner. */
export interface JobLaw {
  readonly number: JobLawNumber;
  /** The law in one line. */
  readonly title: string;
  /** Work of an author by which the law is kept, for the end of a LawError. */
  readonly advice: string;
  /** @throws LawError when the subject breaks the law */
  check<Input, Output>(subject: JobSubject<Input, Output>): Promise<void>;
}
