/** Imports a bundled streaming handler as Lambda does, and says what it exports. */
const bundle = process.argv[2] as string;
Object.assign(globalThis, {
  awslambda: { streamifyResponse: (handler: unknown) => handler, HttpResponseStream: { from: () => undefined } },
});
const { handler } = await import(bundle);
console.log(typeof handler);
