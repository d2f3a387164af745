export { batchJobs } from "./batch-jobs.ts";
export { chatResponseIn } from "./from-wire.ts";
export { jobModelOf } from "./limits.ts";
export { toWire } from "./to-wire.ts";
