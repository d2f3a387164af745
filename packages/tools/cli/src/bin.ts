#!/usr/bin/env node
import { oldNode } from "./old-node.ts";

const message = oldNode(process.versions.node);
// The rest is imported after the check: a Node that is too old could not even link it.
if (message === undefined) await import("./main.ts");
else {
  process.stderr.write(`error: ${message}\n`);
  process.exitCode = 1;
}
