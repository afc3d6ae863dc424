import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Match } from 'aws-cdk-lib/assertions';
import { fallbackFunction, managementRoutes } from '../../infra/management-routes.ts';
import { resourcesOfType, synthesizeStack } from './synthesize-stack.ts';

const { stack, template, resources, logicalIdOf } = synthesizeStack();

test('every route of the inventory reaches its function, and what none takes reaches the one that says so', () => {
  const deployed = Object.values(resourcesOfType(resources, 'AWS::ApiGatewayV2::Route')).map(({ Properties }) => {
    const integration = (Properties.Target as { 'Fn::Join': [string, [string, { Ref: string }]] })['Fn::Join'][1][1]
      .Ref;
    const uri = resources[integration]?.Properties.IntegrationUri as { 'Fn::GetAtt': [string] };
    return `${Properties.RouteKey} -> ${uri['Fn::GetAtt'][0]}`;
  });
  const wanted = managementRoutes.flatMap(({ path, methods, function: name }) =>
    methods.map(method => `${method} ${path} -> ${logicalIdOf(stack.functions[name])}`),
  );
  wanted.push(`$default -> ${logicalIdOf(stack.functions[fallbackFunction])}`);
  assert.deepEqual(deployed.sort(), wanted.sort());
});

test('each function has one integration, in payload format 2.0, and one permission for this API alone', () => {
  const functions = new Set(managementRoutes.map(route => route.function));
  template.resourceCountIs('AWS::ApiGatewayV2::Integration', functions.size);
  template.allResourcesProperties('AWS::ApiGatewayV2::Integration', {
    IntegrationType: 'AWS_PROXY',
    PayloadFormatVersion: '2.0',
  });
  const permissions = Object.values(resourcesOfType(resources, 'AWS::Lambda::Permission')).filter(
    ({ Properties }) => Properties.Principal === 'apigateway.amazonaws.com',
  );
  assert.equal(permissions.length, functions.size);
  for (const { Properties } of permissions) assert.match(JSON.stringify(Properties.SourceArn), /execute-api/);
});

test('the stage is throttled and logs who called what, without headers', () => {
  template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
    StageName: '$default',
    AutoDeploy: true,
    DefaultRouteSettings: { ThrottlingBurstLimit: 200, ThrottlingRateLimit: 100 },
    AccessLogSettings: {
      DestinationArn: Match.anyValue(),
      Format: Match.stringLikeRegexp('\\$context\\.routeKey.*\\$context\\.status'),
    },
  });
  const [stage] = Object.values(resourcesOfType(resources, 'AWS::ApiGatewayV2::Stage'));
  assert.doesNotMatch(JSON.stringify(stage?.Properties.AccessLogSettings), /header|authorization/i);
});

test('browsers may call it from any origin with credentials, and ask once in ten minutes', () => {
  template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
    ProtocolType: 'HTTP',
    CorsConfiguration: {
      AllowCredentials: true,
      AllowHeaders: [
        'authorization',
        'content-type',
        'idempotency-key',
        'if-match',
        'ngrok-version',
        'tollgate-account',
      ],
      ExposeHeaders: ['etag', 'link', 'retry-after'],
      AllowMethods: ['GET', 'POST', 'PATCH', 'DELETE'],
      AllowOrigins: ['https://*', 'http://*'],
      MaxAge: 600,
    },
  });
});
