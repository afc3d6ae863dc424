import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { EncodingName } from '../core/tokens/encodings.ts';

/**
 * Reads an encoding's token table: about 3 MB in 2 ms, so only when something is to be counted.
 *
 * A bundle must say where it lies as `import.meta.url` and have `o200k_base.bin` and `cl100k_base.bin` beside it. When the sources run, the
 * tables are in `node_modules/.cache/tollgate`, where core/tokens/build-table.ts puts them after an installation.
 * @throws Error when the table is in neither place
 */
export function loadTokenTable(encoding: EncodingName): Uint8Array {
  const besideTheBundle = new URL(`./${encoding}.bin`, import.meta.url);
  const inTheCache = new URL(`../../node_modules/.cache/tollgate/${encoding}.bin`, import.meta.url);
  const file = [besideTheBundle, inTheCache].find(place => existsSync(place));
  if (!file) {
    const places = `${fileURLToPath(besideTheBundle)} or ${fileURLToPath(inTheCache)}`;
    throw new Error(`no token table at ${places}; build it with \`npm run tokens\``);
  }
  return readFileSync(file);
}
