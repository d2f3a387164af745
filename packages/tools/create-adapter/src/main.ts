#!/usr/bin/env node
import { runCommandLine } from "./cli.ts";

const { stdin, stdout, stderr } = process;
process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => stdout.write(text),
  error: (text) => stderr.write(text),
  terminal: stdin.isTTY && stdout.isTTY ? { input: stdin, output: stdout } : undefined,
});
