import { duration } from "@batchwise/terminal";
import type { Outage } from "./outage-watch.ts";

/** Line about an outage, for standard error. */
export function outageText({ status, awayMs, reason }: Outage): string {
  if (status === "lost") return `The queue's database cannot be reached: ${reason}. Trying again.\n`;
  const away = duration(awayMs);
  if (status === "away") return `The queue's database cannot be reached for ${away}: ${reason}.\n`;
  return `The queue's database is back after ${away}.\n`;
}
