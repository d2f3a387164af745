import { fileURLToPath } from "node:url";
import path from "node:path";
import { defineConfig, type MarkdownEnv, type Plugin, type UserConfig } from "vitepress";
import { buildEnd } from "./build-end.ts";
import { linkFrom, others, ROOT, routeOf, sections, titleOf } from "./contents.ts";

/** Leaves Vue to Node when pages are rendered: those outside of this folder would not find it. */
const vueOfThisFolder: Plugin = {
  name: "vue-of-this-folder",
  config: (_, { isSsrBuild }) =>
    isSsrBuild ? { build: { rollupOptions: { external: ["vue", "vue/server-renderer"] } } } : {},
};

const config: UserConfig = defineConfig({
  title: "Batchwise",
  description: "One batch() over any API, at the speed its provider allows.",
  srcDir: "..",
  srcExclude: others(),
  rewrites: routeOf,
  outDir: fileURLToPath(new URL("dist", import.meta.url)),
  cleanUrls: true,
  markdown: {
    config(md) {
      // Two braces are an expression of Vue's, also in code within a line.
      for (const kind of ["text", "code_inline"] as const) {
        const render = md.renderer.rules[kind] as NonNullable<(typeof md.renderer.rules)[typeof kind]>;
        md.renderer.rules[kind] = (...token) => render(...token).replaceAll("{{", "&#123;&#123;");
      }
      md.core.ruler.push("links", ({ tokens, env }) => {
        const { path: page, realPath = page } = env as MarkdownEnv;
        const file = path.relative(ROOT, realPath).replaceAll("\\", "/");
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const href = token.attrGet("href");
          if (href !== null) token.attrSet("href", linkFrom(file, href));
        }
      });
    },
  },
  // The largest chunk is the index of the search, which is loaded when it is opened.
  vite: { plugins: [vueOfThisFolder], build: { chunkSizeWarningLimit: 4000 } },
  buildEnd,
  themeConfig: {
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: "https://github.com/batchwise/batchwise" }],
    outline: [2, 3],
    sidebar: sections.map(({ text, files }) => ({
      text,
      collapsed: files.length > 12,
      items: files.map((file) => ({ text: titleOf(file), link: `/${routeOf(file)}` })),
    })),
  },
});
export default config;
