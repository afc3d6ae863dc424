import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { GatewayStack } from './gateway-stack.ts';
import { readDeploymentSettings } from './settings.ts';

const app = new App();
const settings = readDeploymentSettings(name => app.node.tryGetContext(name));
new GatewayStack(app, 'Tollgate', { settings });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
