import { withPackages } from "../table-packages.ts";
import type { Encoder, OutputFormat, TableShape } from "./encoder.ts";
import { JsonlEncoder } from "./jsonl-encoder.ts";

/** Opens the encoder of a format. The library of a table format is loaded on demand. */
export async function openEncoder(format: OutputFormat, shape: TableShape): Promise<Encoder> {
  if (format === "jsonl") return new JsonlEncoder(shape.vectors);
  if (format === "csv") return (await import("./csv-encoder.ts")).csvEncoder(shape);
  if (format === "parquet")
    return (await withPackages("parquet", () => import("./parquet-encoder.ts"))).parquetEncoder(shape);
  return (await withPackages("arrow", () => import("./arrow-encoder.ts"))).arrowEncoder(shape);
}
