import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { JobLine, JobRow } from "@batchwise/core";
import type { FakeProvider } from "./fake-provider.ts";

interface Question {
  readonly lines: readonly JobLine[];
  readonly tag: string;
  readonly id: string;
}

/** Serves a fake provider to other processes, at an address of this machine. Every answer takes a moment. */
export async function serve(
  provider: FakeProvider,
  delayMs: number,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    void (async () => {
      let text = "";
      for await (const piece of request) text += String(piece);
      const answer = await answerTo(provider, request.url ?? "", JSON.parse(text) as Question);
      await delay(delayMs);
      response.end(JSON.stringify(answer ?? null));
    })();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

async function answerTo(provider: FakeProvider, path: string, { lines, tag, id }: Question): Promise<unknown> {
  const backend = provider.backend();
  switch (path) {
    case "/create":
      return backend.create(lines, tag, {});
    case "/find":
      return backend.find(tag, {});
    case "/poll":
      return backend.poll(id, {});
    case "/rows": {
      const job = provider.jobs.find((each) => each.id === id);
      const inputsOf = (lineId: string): readonly string[] =>
        job?.lines.find((line) => line.id === lineId)?.inputs ?? [];
      const rows: JobRow<string>[] = [];
      for await (const row of backend.rows(id, inputsOf, {})) rows.push(row);
      return rows;
    }
    default:
      return backend.cancel(id, {});
  }
}
