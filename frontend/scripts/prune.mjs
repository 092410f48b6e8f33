// A running server has read the last manifest and still hands out the files it names: they stay for an hour after a rebuild.
import fs from 'node:fs';
import path from 'node:path';

const KEEP_MS = 3_600_000;

/** Vite plugin, with `emptyOutDir: false`: removes assets that no build of the last hour made. */
export function pruneAssets() {
  return {
    name: 'prune-assets',
    writeBundle(options, bundle) {
      const assets = path.join(options.dir, 'assets');
      const fresh = new Set(Object.keys(bundle).map((name) => path.basename(name)));
      for (const name of fs.readdirSync(assets)) {
        const file = path.join(assets, name);
        if (!fresh.has(name) && Date.now() - fs.statSync(file).mtimeMs > KEEP_MS) fs.rmSync(file);
      }
    },
  };
}
