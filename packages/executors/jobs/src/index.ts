export { JobLeftError, JobStoreError } from "./errors.ts";
export type { JobEstimate } from "./estimate-jobs.ts";
export { folderStore } from "./folder-store.ts";
export type { JobEvent } from "./job-event.ts";
export { listJobs, type NotedJob } from "./list-jobs.ts";
export { memoryStore } from "./memory-store.ts";
export { type Offline, offline } from "./offline.ts";
export type { OfflineOptions } from "./options.ts";
export type { JobStore, OpenJobStore } from "./store.ts";
