import { expect, it } from "vitest";
import { drawnSchedules, eventLog, hashOf } from "./event-logs.ts";

/**
 * A change that only moves code reproduces every hash. One that is meant to behave differently renews the file
 * (`npx vitest run packages/core/test/model/event-logs -u`) and says in `docs/decisions` what is different. To see one
 * log: `BATCHWISE_EVENT_LOG=limits:17 npx vitest run packages/core/test/model/event-logs`.
 */
it("the event logs of 2,000 random schedules are what they were", { timeout: 120_000 }, async () => {
  const only = process.env["BATCHWISE_EVENT_LOG"];
  const lines: string[] = [];
  for (const { name, schedule } of drawnSchedules()) {
    const log = await eventLog(schedule);
    lines.push(`${name} ${hashOf(log)}`);
    if (name === only) console.log([JSON.stringify(schedule), ...log].join("\n"));
  }
  expect(lines).toHaveLength(2000);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("event-logs.txt");
});
