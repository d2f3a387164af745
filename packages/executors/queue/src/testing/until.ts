import { setTimeout as wait } from "node:timers/promises";

/** Resolves once `holds`; the test's own time limit ends it otherwise. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await wait(20);
}
