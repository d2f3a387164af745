import { expect, test, vi } from "vitest";

import { Pace } from "./pace.ts";

test("yields to the event loop once a piece has taken 4 ms, and not before", async () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  const pace = new Pace();
  now.mockReturnValue(3.9);
  expect(pace.rest()).toBeUndefined();
  now.mockReturnValue(4);
  let others = 0;
  setImmediate(() => others++);
  await pace.rest();
  expect(others).toBe(1);
  expect(pace.rest()).toBeUndefined();
  now.mockRestore();
});
