import { createRequire } from 'node:module';

/** Requires a bundled streaming handler as Lambda does, and says what it exports and whether that loaded fetch. */
const bundle = process.argv[2] as string;
Object.assign(globalThis, {
  awslambda: { streamifyResponse: (handler: unknown) => handler, HttpResponseStream: { from: () => undefined } },
});
const { handler } = createRequire(import.meta.url)(bundle);
const { moduleLoadList } = process as unknown as { moduleLoadList: string[] };
const isUndiciLoaded = moduleLoadList.some(name => name.includes('undici/undici'));
console.log(`${typeof handler}, undici ${isUndiciLoaded ? 'loaded' : 'not loaded'}`);
