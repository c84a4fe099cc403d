import { defineConfig } from "vite";
import { italiaSubset } from "./italia-subset.ts";

// The views beside the counter: the counter does not wait for them; see App.tsx.
const beside = /view\/(Beside|Archive|Cases|Closing|DayField|DayReport|Debtor|Offline|Papers|people|Queue|Restored|Services|Status|Story|Takings|Verify)\.tsx|core\/takings/;

// Nothing in the built page is inline, nothing is evaluated, nothing comes from outside (design 9).
export default defineConfig({
  base: "/",
  // h() instead of jsx(): the same elements in fewer bytes. Under names that nothing of ours has.
  oxc: { jsx: { runtime: "classic", pragma: "jsx$h", pragmaFrag: "jsx$all" }, jsxInject: 'import { h as jsx$h, Fragment as jsx$all } from "preact";' },
  css: { postcss: { plugins: [italiaSubset()] } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: false,
    sourcemap: false,
    // What a counter begins with is one file of ours, and packs better; the library under it, texts, the views beside
    // the counter and the demonstration's terminal come apart.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "preact", test: /node_modules\/preact/, priority: 2 }, // so that what is ours can be weighed
            { name: "page", test: (id: string) => !beside.test(id) && !/i18n\/(?!index)|[Ss]imulated/.test(id), priority: 1 },
            { name: "beside", test: beside },
          ],
        },
      },
    },
  },
  server: {
    // For work on the page: npm run dev beside a running `sportello demo`.
    proxy: { "/api": { target: "http://127.0.0.1:8417", ws: true, changeOrigin: true } },
  },
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"], setupFiles: ["test/setup.ts"], testTimeout: 60_000, hookTimeout: 60_000 },
} as Parameters<typeof defineConfig>[0]);
