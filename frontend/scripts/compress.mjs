// Every text asset gets a .br and a .gz beside it: the server hands them out without work, in the demo too.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

/** Vite plugin: compressed twins of what this build made; those that would save nothing are left out. */
export function compressAssets() {
  return {
    name: 'compress-assets',
    writeBundle(options, bundle) {
      for (const name of Object.keys(bundle).filter((one) => /\.(js|css|svg)$/.test(one))) {
        const file = path.join(options.dir, name);
        const plain = fs.readFileSync(file);
        const twins = { br: zlib.brotliCompressSync(plain), gz: zlib.gzipSync(plain, { level: 9 }) };
        for (const [ending, bytes] of Object.entries(twins)) {
          if (bytes.length < plain.length) fs.writeFileSync(`${file}.${ending}`, bytes);
        }
      }
    },
  };
}
