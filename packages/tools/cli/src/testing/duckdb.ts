import { DuckDBInstance } from "@duckdb/node-api";

/** Row as DuckDB writes it in JSON: numbers of more digits than a number of JavaScript holds are texts. */
export type DuckRow = Readonly<Record<string, unknown>>;

/** Runs statements of SQL in DuckDB, a writer and reader of tables that the command does not use. Gives the last one's rows. */
export async function duckdb(...statements: readonly string[]): Promise<DuckRow[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    let rows: DuckRow[] = [];
    for (const statement of statements) rows = (await connection.runAndReadAll(statement)).getRowObjectsJson();
    return rows;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
