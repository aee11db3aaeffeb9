import { createHash } from "node:crypto";
import { build, defineConfig, type Plugin } from "vite";

/** The server the development page talks to: `MINEGIS_URL=http://127.0.0.1:8000 npm run dev`. */
const server = process.env["MINEGIS_URL"] ?? "http://127.0.0.1:8000";
const doors = ["/api", "/tiles", "/ogc", "/cap"];

/**
 * Builds the worker that keeps the page, after the page: it is told the files of the page, and which build
 * they are of, so that another build is another worker.
 */
function pageWorker(): Plugin {
  return {
    name: "page-worker",
    apply: "build",
    async writeBundle({ dir }, bundle) {
      const files = Object.keys(bundle).filter((name) => name.startsWith("assets/")).sort();
      const entry = Object.values(bundle).find((each) => each.type === "chunk" && each.isEntry && each.name === "index");
      const page = bundle["index.html"];
      if (!entry || page?.type !== "asset") throw new Error("the build has no page");
      const version = createHash("sha256").update([...files, String(page.source)].join("\n")).digest("hex").slice(0, 16);
      const shell = { version, entry: `/${entry.fileName}`, files: [...files.map((name) => `/${name}`), "/icon.svg"] };
      await build({
        configFile: false,
        logLevel: "warn",
        publicDir: false,
        define: { SHELL: JSON.stringify(shell) },
        build: {
          target: "es2022",
          ...(dir ? { outDir: dir } : {}),
          emptyOutDir: false,
          rolldownOptions: { input: "src/offline/worker.ts", output: { format: "iife", entryFileNames: "worker.js" } },
        },
      });
    },
  };
}

export default defineConfig({
  plugins: [pageWorker()],
  base: "/",
  resolve: {
    // The build without inline worker code, so that a Content-Security-Policy of 'self' is enough.
    alias: [{ find: /^maplibre-gl$/, replacement: "maplibre-gl/dist/maplibre-gl-csp.js" }],
  },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      input: { index: "index.html", items: "src/items/main.ts" },
      output: {
        // The server writes the pages of items and names these two; all else is named by its content.
        entryFileNames: ({ name }) => (name === "items" ? "items.js" : "assets/[name]-[hash].js"),
        assetFileNames: ({ names }) => (names.includes("items.css") ? "items.css" : "assets/[name]-[hash][extname]"),
      },
    },
  },
  server: { proxy: Object.fromEntries(doors.map((door) => [door, server])) },
});
