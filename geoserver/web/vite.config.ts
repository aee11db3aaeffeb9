import { defineConfig } from "vite";

/** The server the development page talks to: `MINEGIS_URL=http://127.0.0.1:8000 npm run dev`. */
const server = process.env["MINEGIS_URL"] ?? "http://127.0.0.1:8000";
const doors = ["/api", "/tiles", "/ogc", "/cap"];

export default defineConfig({
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
