import { readFileSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { GatewayStack } from '../../infra/gateway-stack.ts';
import { type DeploymentSettings, defaultSettings } from '../../infra/settings.ts';

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  DependsOn?: string[];
}

export const cdkContext = JSON.parse(readFileSync(`${import.meta.dirname}/../../cdk.json`, 'utf8')).context;

/**
 * The stack as it would be deployed, without bundling its code. Throws when it has unacknowledged findings.
 * @param options.validatesTemplate by CloudFormation's own rules too: loading them takes seconds, so one test does
 */
export function synthesizeStack(settings: Partial<DeploymentSettings> = {}, { validatesTemplate = false } = {}) {
  const context = { ...cdkContext, 'aws:cdk:bundling-stacks': [] };
  const app = new App({ context, builtinCloudFormationValidation: validatesTemplate });
  const stack = new GatewayStack(app, 'Tollgate', { settings: { ...defaultSettings, ...settings } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const template = Template.fromStack(stack);
  const resources = template.toJSON().Resources as Record<string, Resource>;
  return { stack, template, resources, logicalIdOf: (element: unknown) => logicalId(stack, element) };
}

function logicalId(stack: GatewayStack, element: unknown): string {
  const { defaultChild } = (element as { node: { defaultChild: Parameters<GatewayStack['getLogicalId']>[0] } }).node;
  return stack.resolve(stack.getLogicalId(defaultChild));
}

/** Resources of one type by logical id. */
export function resourcesOfType(resources: Record<string, Resource>, type: string): Record<string, Resource> {
  return Object.fromEntries(Object.entries(resources).filter(([, resource]) => resource.Type === type));
}
