export { brokenRunnables } from "./broken/index.ts";
export { checkLaws, type LawReport } from "./check-laws.ts";
export { conformance, type ConformanceOptions } from "./conformance.ts";
export { exemplars, type MakeRunnable } from "./exemplars.ts";
export { failureOf } from "./failure-of.ts";
export { endsInReverse, failsFirst, refuses, type WrongResponse, wrongResponses } from "./fault-schedules.ts";
export { FakeClock, flush } from "./fake-clock.ts";
export { Gauge } from "./gauge.ts";
export { jobBackendConformance, type JobBackendConformanceOptions } from "./job-backend/job-backend-conformance.ts";
export type { JobLaw } from "./job-backend/job-law.ts";
export { jobLaws } from "./job-backend/job-laws.ts";
export type { JobLawNumber, JobSituation, JobSubject, JobSubjectOptions } from "./job-backend/job-subject.ts";
export { type Law, LawError } from "./law.ts";
export type { LawNumber } from "./law-number.ts";
export { laws } from "./laws/index.ts";
export { type Snippet, snippetsIn } from "./readme-snippets.ts";
export { runOn } from "./run-on.ts";
export {
  type BackendCall,
  type IndexedAnswer,
  type Script,
  ScriptedBackend,
  type ScriptedBackendOptions,
} from "./scripted-backend.ts";
export type { Control, Subject, SubjectOptions } from "./subject.ts";
export type { TestRunner } from "./test-runner.ts";
