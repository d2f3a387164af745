import type { PGlite } from "@electric-sql/pglite";
import type { Database, Queries } from "./database.ts";

/** PostgreSQL within this process, in a folder or in memory. */
export class PgliteDatabase implements Database {
  readonly #pglite: PGlite;

  private constructor(pglite: PGlite) {
    this.#pglite = pglite;
  }

  /** @param dir undefined keeps it in memory */
  static async open(dir: string | undefined): Promise<PgliteDatabase> {
    // Some megabytes that a process with a server does not need.
    const { PGlite } = await import("@electric-sql/pglite");
    return new PgliteDatabase(await PGlite.create(dir === undefined ? {} : { dataDir: dir }));
  }

  readonly query = async <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> => {
    try {
      return await queryOn<Row>(this.#pglite, text, values);
    } catch (error) {
      // There is one connection: a failed block of statements must not leave its transaction open.
      await this.#pglite.exec("ROLLBACK").catch(() => undefined);
      throw error;
    }
  };

  transaction<T>(work: (transaction: Queries) => Promise<T>): Promise<T> {
    return this.#pglite.transaction((transaction) =>
      work({ query: (text, values = []) => queryOn(transaction, text, values) }),
    );
  }

  async listen(channel: string, onMessage: (payload: string) => void): Promise<() => Promise<void>> {
    return this.#pglite.listen(channel, onMessage);
  }

  async close(): Promise<void> {
    await this.#pglite.close();
  }
}

async function queryOn<Row>(
  target: Pick<PGlite, "query" | "exec">,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  if (values.length > 0) return (await target.query<Row>(text, values.slice())).rows;
  return (await target.exec(text)).flatMap(({ rows }) => rows) as Row[];
}
