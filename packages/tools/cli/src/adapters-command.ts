import { Command } from "commander";
import { listAdapters } from "@batchwise/plugins";
import { placesFrom } from "./find-adapter.ts";
import type { SteerEnvironment } from "./steer/steer-environment.ts";
import { widthOf } from "./terminal-width.ts";

/** Command `batchwise adapters`: lists installed adapters, or shows the options of one. */
export function adaptersCommand({ folder, stdout }: Pick<SteerEnvironment, "folder" | "stdout">): Command {
  return new Command("adapters")
    .description("Lists the adapters that are installed here, or shows the options of one.")
    .argument("[adapter]", "<package>#<adapter>")
    .addHelpText(
      "after",
      `
Examples:
  batchwise adapters
  batchwise adapters @batchwise/openai#embeddings

An adapter comes from a package with the keyword batchwise-adapter in your
node_modules: npm install @batchwise/openai @batchwise/core
`,
    )
    .action(async (reference: string | undefined) => {
      const { describe, listOf } = await import("./adapter-lists.ts");
      const columns = widthOf(stdout);
      const text =
        reference === undefined
          ? listOf(await listAdapters({ from: placesFrom(folder) }), columns)
          : await describe(reference, folder, columns);
      stdout.write(text);
    });
}
