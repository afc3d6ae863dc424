import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CorsHttpMethod,
  HttpApi,
  type HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, LogGroup, MetricFilter, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { LambdaFunction } from './lambda-function.ts';
import { fallbackFunction, type ManagementFunction, managementCors, managementRoutes } from './management-routes.ts';
import { metricNamespace } from './metric-namespace.ts';

/** What API Gateway admits over all accounts together, so that a flood reaches no function. Each account has its own limit. */
const requestsPerSecond = 100;
const burst = 200;

/** Who called what and how it went. Headers are not in it: they hold credentials. */
const accessLogFormat = {
  time: '$context.requestTime',
  requestId: '$context.requestId',
  ip: '$context.identity.sourceIp',
  routeKey: '$context.routeKey',
  path: '$context.path',
  status: '$context.status',
  responseLength: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  error: '$context.error.message',
  integrationError: '$context.integrationErrorMessage',
};

/** The management API: an HTTP API in front of one function for each kind of resource. */
export class ManagementApi extends Construct {
  readonly api: HttpApi;
  readonly url: string;
  /** Counts answers that are faults of ours: 5xx, but for the 501 of a deployment that sells no credits. */
  readonly faults: Metric;

  constructor(
    scope: Construct,
    id: string,
    {
      functions,
      logRetentionDays,
    }: {
      functions: Record<ManagementFunction, LambdaFunction>;
      logRetentionDays: RetentionDays;
    },
  ) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      apiName: 'Tollgate management',
      createDefaultStage: false,
      corsPreflight: {
        allowOrigins: [...managementCors.origins],
        allowMethods: [...managementCors.methods] as CorsHttpMethod[],
        allowHeaders: [...managementCors.requestHeaders],
        exposeHeaders: [...managementCors.responseHeaders],
        allowCredentials: managementCors.credentials,
        maxAge: Duration.seconds(managementCors.preflightMaxAgeSeconds),
      },
    });
    const accessLogs = new LogGroup(this, 'AccessLogs', {
      retention: logRetentionDays,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: requestsPerSecond, burstLimit: burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLogs),
        format: AccessLogFormat.custom(JSON.stringify(accessLogFormat)),
      },
    });
    this.url = stage.url;
    this.faults = new MetricFilter(this, 'Faults', {
      logGroup: accessLogs,
      filterPattern: FilterPattern.all(
        FilterPattern.stringValue('$.status', '=', '5*'),
        FilterPattern.stringValue('$.status', '!=', '501'),
      ),
      metricNamespace: metricNamespace(this),
      metricName: 'ManagementFaults',
    }).metric({ statistic: 'Sum' });
    this.addRoutes(functions);
  }

  private addRoutes(functions: Record<ManagementFunction, LambdaFunction>): void {
    // One permission for each function and API; one for each route would say the same many times.
    const names = [...new Set(managementRoutes.map(({ function: name }) => name))];
    const integrations = Object.fromEntries(
      names.map(name => [name, new HttpLambdaIntegration(name, functions[name], { scopePermissionToRoute: false })]),
    ) as Record<ManagementFunction, HttpLambdaIntegration>;
    const routes = managementRoutes.flatMap(({ path, methods, function: name }) =>
      this.api.addRoutes({ path, methods: [...methods] as HttpMethod[], integration: integrations[name] }),
    );
    const fallback = new HttpRoute(this, 'Fallback', {
      httpApi: this.api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: integrations[fallbackFunction],
    });
    for (const route of [...routes, fallback]) acknowledgeOwnKeyCheck(route);
  }
}

function acknowledgeOwnKeyCheck(route: HttpRoute): void {
  Validations.of(route).acknowledge({
    id: 'AwsSolutions-APIG4',
    reason:
      'Every management function proves the management key and its role itself, before anything else: a key works the same on the local stack, and an authorizer would look it up a second time. The few routes that need no key say so in the API description.',
  });
}
