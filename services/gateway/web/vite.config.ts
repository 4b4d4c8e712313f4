import { defineConfig } from 'vite'

/** Builds the page to `../dist`, which the gateway serves. JSX settings come from `tsconfig.json`. */
export default defineConfig({
  base: './',
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    // The content security policy allows no data: scripts or styles, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
