import pg from "pg";
import type { Database, Queries } from "./database.ts";

/** Milliseconds between two tries to restore a lost connection for notifications. */
const LISTEN_AGAIN_MS = 1000;

/** PostgreSQL server, through a pool of connections. */
export class PostgresDatabase implements Database {
  readonly #config: pg.ClientConfig;
  readonly #pool: pg.Pool;

  constructor(url: string, connections: number) {
    this.#config = { connectionString: url, application_name: "batchwise", keepAlive: true };
    this.#pool = new pg.Pool({ ...this.#config, max: connections, connectionTimeoutMillis: 10_000 });
    // An idle connection that the server ended: the pool has dropped it, and the next statement gets another.
    this.#pool.on("error", ignore);
  }

  readonly query = async <Row>(text: string, values?: readonly unknown[]): Promise<Row[]> =>
    rowsOf<Row>(await this.#pool.query(text, values?.slice()));

  async transaction<T>(work: (transaction: Queries) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    client.on("error", ignore);
    let broken = true;
    try {
      await client.query("BEGIN");
      const result = await work({
        query: async <Row>(text: string, values?: readonly unknown[]) =>
          rowsOf<Row>(await client.query(text, values?.slice())),
      });
      await client.query("COMMIT");
      broken = false;
      return result;
    } finally {
      client.off("error", ignore);
      // A connection in an unknown state is not used again; the server rolls back when it ends.
      client.release(broken);
    }
  }

  async listen(channel: string, onMessage: (payload: string) => void, onGap: () => void): Promise<() => Promise<void>> {
    let client: pg.Client | undefined;
    let timer: NodeJS.Timeout | undefined;
    let closed = false;
    const connect = async (): Promise<void> => {
      const next = new pg.Client(this.#config);
      client = next;
      const again = (): void => {
        if (closed || client !== next) return;
        client = undefined;
        timer = setTimeout(() => void connect(), LISTEN_AGAIN_MS);
      };
      next.on("error", again);
      next.on("end", again);
      next.on("notification", ({ payload }) => onMessage(payload ?? ""));
      try {
        await next.connect();
        await next.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
        onGap();
      } catch {
        again();
        await next.end().catch(ignore);
      }
    };
    await connect();
    return async () => {
      closed = true;
      clearTimeout(timer);
      await client?.end().catch(ignore);
    };
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

function rowsOf<Row>(result: pg.QueryResult | pg.QueryResult[]): Row[] {
  // Several statements together have a result each.
  return (Array.isArray(result) ? result.flatMap(({ rows }) => rows) : result.rows) as Row[];
}

function ignore(): void {}
