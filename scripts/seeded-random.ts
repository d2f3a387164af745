import { beforeEach, type RunnerTestCase } from "vitest";
import { seededRandom } from "../packages/core/test/latency/random.ts";

const random = Math.random;

// `Math.random` is drawn from the test's name: backoff, where a test gives no `random`, is the same in every run of it.
beforeEach(({ task }) => {
  Math.random = seededRandom(hashOf(nameOf(task)));
  return () => {
    Math.random = random;
  };
});

function nameOf(task: RunnerTestCase): string {
  return `${task.file.name} ${task.fullTestName}`;
}

function hashOf(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash;
}
