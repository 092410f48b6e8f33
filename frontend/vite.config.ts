import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';
import { compressAssets } from './scripts/compress.mjs';
import { downlevelCss } from './scripts/downlevel.mjs';
import { pruneAssets } from './scripts/prune.mjs';

// Relative base: chunks, workers and assets find each other wherever Django serves /static/ from.
export default defineConfig({
  base: './',
  plugins: [tailwindcss(), downlevelCss(), pruneAssets(), compressAssets()],
  build: {
    outDir: 'dist',
    emptyOutDir: false,
    manifest: true,
    target: ['chrome87', 'safari14'],
    cssTarget: ['chrome87', 'safari14'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: {
        site: 'src/entries/site.ts',
        player: 'src/entries/player.ts',
        scan: 'src/entries/scan.ts',
        upload: 'src/entries/upload.ts',
        app: 'styles/app.css',
      },
    },
  },
  worker: { format: 'iife' },
  test: { environment: 'happy-dom', pool: 'threads', isolate: false, include: ['src/**/*.test.ts'] },
});
