import { laws as calls } from "./calls.ts";
import { laws as endings } from "./endings.ts";
import type { JobLaw } from "./job-law.ts";
import { laws as lines } from "./lines.ts";
import { laws as rows } from "./rows.ts";
import { laws as signals } from "./signal.ts";

/** Laws of a job backend, J1 to J16. */
export const jobLaws: readonly JobLaw[] = [...lines, ...calls, ...endings, ...rows, ...signals];
