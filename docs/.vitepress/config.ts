/**
 * The site: the pages of docs/ as they can be read in the repository, and the reference that TypeDoc writes from the
 * sources. `npm run docs` builds both, and fails at a dead link.
 */

import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import type { DefaultTheme, UserConfig } from "vitepress";

const guide = (text: string, page: string): DefaultTheme.SidebarItem => ({ text, link: `/guide/${page}` });

const page = (text: string, name: string): DefaultTheme.SidebarItem => ({ text, link: `/${name}` });

const repository: string = JSON.parse(readFileSync("package.json", "utf8")).homepage.replace(/#.*$/, "");

/** What TypeDoc wrote beside its pages: the reference's own sidebar. */
const reference = "docs/api/typedoc-sidebar.json";
const symbols = (): DefaultTheme.SidebarItem[] =>
  existsSync(reference) ? JSON.parse(readFileSync(reference, "utf8")) : [];

const config: UserConfig<DefaultTheme.Config> = {
  title: "vma-ts",
  description:
    "GPU memory for TypeScript: AMD's Vulkan Memory Allocator, reimplemented, and what programs need around it",
  lang: "en",
  cleanUrls: false,
  head: [["link", { rel: "icon", href: "data:," }]],
  // The pictures of the pages are what index.md names from the root.
  vite: { publicDir: "images" },
  markdown: {
    // Files beside docs/ are no pages of the site: their links lead to the repository.
    config: (markdown) => {
      // Long names may break behind these, so that tables of them fit.
      const inline = markdown.renderer.rules.code_inline!;
      markdown.renderer.rules.code_inline = (...args) => {
        const [tokens, index] = args;
        const html = inline(...args);
        if (tokens[index]!.content.length <= 24) return html;
        return html.replace(/(::|[._/])(?=\w)(?=[^<>]*<\/code>)/g, "$1<wbr>");
      };
      markdown.core.ruler.push("repository-links", ({ tokens, env }) => {
        for (const { children } of tokens)
          for (const token of children ?? []) {
            const href = token.attrGet("href");
            if (token.type !== "link_open" || href === null || !href.startsWith("../")) continue;
            const path = posix.join("docs", posix.dirname(env.relativePath), href);
            if (!path.startsWith("docs/")) token.attrSet("href", `${repository}/blob/main/${path}`);
          }
      });
    },
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    socialLinks: [{ icon: "github", link: repository }],
    nav: [
      { text: "Guide", link: "/guide/" },
      { text: "From VMA", link: "/from-vma" },
      { text: "Reference", link: "/api/" },
    ],
    sidebar: {
      "/api/": [{ text: "Reference", items: symbols() }],
      "/": [
        {
          text: "Begin",
          items: [
            guide("What it is", ""),
            guide("Install", "install"),
            guide("Your first buffer", "first-buffer"),
            guide("Choosing memory", "choosing-memory"),
            guide("Usage patterns", "usage-patterns"),
            guide("Examples", "examples"),
          ],
        },
        {
          text: "Every day",
          items: [
            guide("Mapping", "mapping"),
            guide("Uploads and frames", "frames"),
            guide("Budgets and pressure", "budgets"),
            guide("Pools, stacks and rings", "pools"),
            guide("Aliasing", "aliasing"),
            guide("Defragmentation", "defragmentation"),
            guide("External memory", "external-memory"),
            guide("Workers", "workers"),
          ],
        },
        {
          text: "See and test",
          items: [
            guide("Statistics and recordings", "statistics"),
            page("The viewer", "viewer"),
            guide("The command line", "command-line"),
            guide("Debugging memory", "debugging"),
            guide("Testing your own code", "testing"),
          ],
        },
        {
          text: "Beyond the allocator",
          items: [
            guide("The virtual allocator", "virtual"),
            page("Placement", "placement"),
            page("Heaps of big buffers, WebGPU", "webgpu"),
            guide("The rest of Vulkan", "vulkan"),
            guide("Computing on the GPU", "computing"),
            guide("Your own binding", "own-binding"),
          ],
        },
        {
          text: "Background",
          items: [
            guide("Coming from VMA, or from nothing", "migration"),
            page("From VMA, name by name", "from-vma"),
            page("Versions", "versions"),
            page("Performance", "performance"),
            page("Reliability", "reliability"),
            page("Vulkan's newer memory features", "newer-features"),
            page("Vulkan's conformance tests", "conformance"),
            page("The recording format", "recording-format"),
            guide("Questions and messages", "faq"),
          ],
        },
      ],
    },
  },
};

export default config;
