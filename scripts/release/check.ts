import { checkInstall } from "./install.ts";
import { installCommandLine, refuseOldNode, runCommandLine } from "./command-line.ts";
import { type Copy, copyRepository, installCopy } from "./copy.ts";
import { nodeOf } from "./node-versions.ts";
import { PLUGIN, publishPlugin, scaffoldPlugin, searchWithPlugin, usePlugin } from "./plugin.ts";
import { bringPnpm } from "./pnpm.ts";
import { checkProvenance } from "./provenance.ts";
import { build, publish } from "./publish.ts";
import { type Registry, startRegistry } from "./registry.ts";
import { compileSnippets, installConsumer, runSnippets } from "./snippets.ts";
import { Steps } from "./steps.ts";
import { checkTarballs } from "./tarballs.ts";
import { checkVersions } from "./versions.ts";
import { makeWorkplace, type Workplace } from "./workplace.ts";

/**
 * Releases everything to a registry on this machine and uses it from there as a stranger would. Ends with code 0 only
 * when every step has passed. `--keep` keeps the temporary folder.
 */
const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(name, () => {
    process.exitCode = 130;
    stop.abort(new Error(`Stopped by ${name}.`));
  });
}
const keep = process.argv.includes("--keep");
const steps = new Steps(stop.signal);
try {
  await main(await makeWorkplace(stop.signal, keep));
  process.exitCode = steps.summary() ? 0 : 1;
} catch (error) {
  if (!stop.signal.aborted) throw error;
  console.error((error as Error).message);
}
// Ends what is still open, such as a request of the registry to its upstream.
process.exit();

async function main(workplace: Workplace): Promise<void> {
  if (keep) console.log(workplace.root);
  const copy = await steps.run("the repository is copied", () => copyRepository(workplace));
  if (copy === undefined) return;
  const [built] = await Promise.all([
    buildCopy(workplace, copy),
    steps.run("changesets give the promised versions", () => checkVersions(workplace, copy)),
  ]);
  if (!built) return;
  await steps.run("provenance has what it needs", () => checkProvenance(workplace, copy));

  const own = [...copy.packages.map(({ manifest }) => manifest.name), PLUGIN];
  const registry = await steps.run("a registry starts", () => startRegistry(workplace, own));
  if (registry === undefined) return;
  if ((await steps.run("all packages are published", () => publish(workplace, copy, registry))) === undefined) return;
  await Promise.all([
    steps.run("tarballs hold what they should", () => checkTarballs(workplace, copy, registry)),
    tryReadmes(workplace, copy, registry),
    tryPlugin(workplace, copy, registry),
  ]);
}

async function buildCopy(workplace: Workplace, copy: Copy): Promise<boolean> {
  const installed = await steps.run("the copy is installed", async () => {
    await bringPnpm(workplace);
    return installCopy(workplace, copy);
  });
  if (installed === undefined) return false;
  return (await steps.run("all packages are built", () => build(workplace, copy))) !== undefined;
}

async function tryReadmes(workplace: Workplace, copy: Copy, registry: Registry): Promise<void> {
  const names = ["openai", "cohere", "local"].map((name) => `@batchwise/${name}`);
  await steps.run("an adapter installs what it needs and nothing else", () =>
    Promise.all(names.map((name) => checkInstall(workplace, copy, registry, name))),
  );
  const consumer = await steps.run("a user installs adapters and emulator", () =>
    installConsumer(workplace, copy, registry),
  );
  if (consumer === undefined) return;
  const typed = await steps.run("the READMEs' snippets are typed", () => compileSnippets(workplace, consumer));
  if (typed === undefined) return;
  const commands = await steps.run("a user installs the command line", () => installCommandLine(workplace, registry));
  for (const major of [22, 24]) {
    const node = await steps.run(`Node ${major} is installed`, () => nodeOf(workplace, registry, major));
    if (node === undefined) continue;
    await steps.run(`the READMEs' snippets run on Node ${major}`, () => runSnippets(workplace, consumer, node.program));
    if (commands === undefined) continue;
    await steps.run(`batchwise embeds a file on Node ${major}`, () =>
      runCommandLine(workplace, commands, node.program),
    );
  }
  const old = await steps.run("Node 18 is installed", () => nodeOf(workplace, registry, 18));
  if (old === undefined || commands === undefined) return;
  await steps.run("Node 18 is refused in one line", () => refuseOldNode(workplace, commands, old.program));
}

async function tryPlugin(workplace: Workplace, copy: Copy, registry: Registry): Promise<void> {
  const author = await steps.run("an author scaffolds a plugin", () => scaffoldPlugin(workplace, registry));
  if (author === undefined) return;
  const published = await steps.run("the plugin is tested, built and published", () =>
    publishPlugin(workplace, registry, author.folder),
  );
  if (published === undefined) return;
  const user = await steps.run("a user loads the plugin by name", () => usePlugin(workplace, registry));
  if (user === undefined) return;
  await steps.run("docsearch embeds with the plugin", () => searchWithPlugin(workplace, copy, user.folder));
}
