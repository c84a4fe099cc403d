import { defineConfig } from "vite";
import { italiaSubset } from "./italia-subset.ts";

// Nothing in the built page is inline, nothing is evaluated, nothing comes from outside (design 9).
export default defineConfig({
  base: "/",
  css: { postcss: { plugins: [italiaSubset()] } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  server: {
    // For work on the page: npm run dev beside a running `sportello demo`.
    proxy: { "/api": { target: "http://127.0.0.1:8417", ws: true, changeOrigin: true } },
  },
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"] },
} as Parameters<typeof defineConfig>[0]);
