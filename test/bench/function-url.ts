import { createRequire } from 'node:module';
import { installLambdaRuntime, type StreamingHandler, serveFunctionUrl } from '../../infra/local/lambda-runtime.ts';

/** Loads one bundled handler as Lambda would, and says where it listens. */
installLambdaRuntime();
const { handler } = createRequire('/')(process.argv[2] as string) as {
  handler: StreamingHandler;
};
serveFunctionUrl(handler).then(({ url }) => console.log(url));
