import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

export interface LambdaFunctionProps {
  /** Folder under `functions/` whose `handler.ts` runs. */
  folder: string;
  description: string;
  environment: Record<string, string>;
  timeout: Duration;
  logRetentionDays: RetentionDays;
  /** Files of the project that lie beside the bundle, such as tables that are read when they are needed. */
  files?: readonly string[];
  /** Whole folders, by absolute path, that lie beside the bundle under their own name. */
  folders?: readonly string[];
  /** How often Lambda repeats an event that nobody waits for; only scheduled functions have such events. */
  retryAttempts?: number;
}

/** API Gateway waits no longer than this, and a deployment should not either. */
export const briefTimeout = Duration.seconds(30);

/**
 * A core comes with 1,769 MB, so this is a good quarter of one. A request costs about a millisecond of it and spends
 * its other seconds waiting for a model, and waiting is billed by the megabyte: twice the memory is twice the bill.
 * Less would be too little for a 6 MB request, which is in memory as an event, as text and parsed.
 */
const memoryMb = 512;

const projectRoot = join(import.meta.dirname, '..');

/**
 * Lambda sizes V8 by the function's memory: young objects would get 25 MB twice. They are dead long before, so that a
 * tenth is as fast; and an old space that may only grow to half of the memory is collected before it gets there.
 */
export const nodeOptions = '--max-semi-space-size=4 --max-old-space-size=256';

/**
 * CommonJS, because ES modules that import `node:http` make Node look at everything it exports, `WebSocket` too, and so
 * load its whole fetch implementation: that is half of a cold start, and nothing here calls it.
 */
const bundleFormat = OutputFormat.CJS;

/** Where the bundle lies, for what lies beside it; in CommonJS esbuild leaves `import.meta` empty. */
const moduleUrl = "const tollgateModuleUrl = require('node:url').pathToFileURL(__filename).href;";

/**
 * Our one kind of Lambda: Node 24 on arm64, one minified file with every dependency in it, logs that end, and a
 * role of its own that may write to those logs and nothing else until something is granted. There are no source maps:
 * reading one would lengthen every cold start.
 */
export class LambdaFunction extends NodejsFunction {
  readonly folder: string;
  readonly executionRole: Role;

  constructor(scope: Construct, id: string, props: LambdaFunctionProps) {
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: props.logRetentionDays,
      // Kept after a failed deployment, which is when they are read; they expire by themselves.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    super(scope, id, {
      description: props.description,
      entry: join(projectRoot, 'functions', props.folder, 'handler.ts'),
      projectRoot,
      depsLockFilePath: join(projectRoot, 'package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memoryMb,
      timeout: props.timeout,
      environment: { NODE_OPTIONS: nodeOptions, ...props.environment },
      awsSdkConnectionReuse: false, // Version 3 of the SDK always reuses connections and ignores the variable.
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      ...(props.retryAttempts !== undefined && { retryAttempts: props.retryAttempts }),
      // Where an alias points to versions, old ones stay: a deployment must not end answers that are still open.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      bundling: {
        format: bundleFormat,
        target: 'node24',
        mainFields: ['module', 'main'],
        minify: true,
        define: { 'import.meta.url': 'tollgateModuleUrl' },
        banner: moduleUrl,
        // The SDK that was tested is the SDK that runs, and it starts faster bundled.
        bundleAwsSDK: true,
        commandHooks: {
          beforeBundling: () => [],
          beforeInstall: () => [],
          afterBundling: (input, output) => [
            ...(props.files ?? []).map(file => `cp "${join(input, file)}" "${output}"`),
            ...(props.folders ?? []).map(folder => `cp -r "${folder}" "${output}"`),
          ],
        },
      },
    });
    this.folder = props.folder;
    this.executionRole = role;
    logGroup.grantWrite(role);
  }
}
