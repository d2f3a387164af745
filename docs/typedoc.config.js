import { readFileSync } from "node:fs";
import { Converter } from "typedoc";

/** Names each module as it is imported: its package, and the part of it. */
function nameModules(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      const [folder, part = ""] = module.name.split(/\/src\b/);
      const { name } = JSON.parse(readFileSync(new URL(`../packages/${folder}/package.json`, import.meta.url), "utf8"));
      module.name = name + part;
    }
  });
}

export default {
  plugin: [nameModules, "typedoc-plugin-markdown", "typedoc-vitepress-theme"],
  entryPoints: ["../packages/*/src/index.ts", "../packages/*/*/src/index.ts", "../packages/core/src/wrappers.ts"],
  name: "Reference",
  out: "reference",
  docsRoot: ".",
  readme: "none",
  router: "module",
  modulesFileName: "reference",
  hideBreadcrumbs: true,
  hidePageHeader: true,
  interfacePropertiesFormat: "table",
  parametersFormat: "table",
  typeDeclarationFormat: "table",
  useCodeBlocks: true,
  useHTMLAnchors: true,
  disableSources: true,
  excludeExternals: true,
  excludePrivate: true,
  excludeInternal: true,
  // The compiler of the sources is another one, and checks them itself.
  skipErrorChecking: true,
};
