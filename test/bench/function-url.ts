import { installLambdaRuntime, type StreamingHandler, serveFunctionUrl } from '../../infra/local/lambda-runtime.ts';

/** Loads one bundled handler as Lambda would, and says where it listens. */
installLambdaRuntime();
const { handler } = (await import(process.argv[2] as string)) as { handler: StreamingHandler };
console.log((await serveFunctionUrl(handler)).url);
