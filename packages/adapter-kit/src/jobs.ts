export { batchRowIn, isFileError } from "./jobs/batch-row.ts";
export { type JobApi, jobBackend, type TaggedJob } from "./jobs/job-backend.ts";
export { type JobEnding, jobEnding } from "./jobs/job-ending.ts";
export { jsonLines } from "./jobs/json-lines.ts";
