import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { listFindings } from '../../infra/check-findings.ts';
import { cdkContext } from './synthesize-stack.ts';

test('lists each finding with its place, its rule and what it means', () => {
  const report = {
    pluginReports: [
      {
        pluginName: 'AwsSolutions',
        violations: [
          {
            ruleName: 'AwsSolutions-SMG4',
            description: 'The secret does not rotate. Long explanation.',
            violatingConstructs: [{ constructPath: 'Tollgate/One' }, { constructPath: 'Tollgate/Two' }],
          },
        ],
      },
      {
        pluginName: 'Other',
        violations: [{ ruleName: 'X1', description: 'No place', violatingConstructs: [{}] }],
      },
    ],
  };
  assert.deepEqual(listFindings(report), [
    'Tollgate/One: AwsSolutions-SMG4: The secret does not rotate.',
    'Tollgate/Two: AwsSolutions-SMG4: The secret does not rotate.',
    '(the whole app): X1: No place',
  ]);
});

test('finds what a synthesis wrote down, until it is acknowledged', async () => {
  assert.deepEqual(await findingsOfTopic({ acknowledged: false }), [
    'Demo/Topic/Resource: AwsSolutions-SNS3: The SNS Topic does not require publishers to use SSL.',
  ]);
  assert.deepEqual(await findingsOfTopic({ acknowledged: true }), []);
});

async function findingsOfTopic({ acknowledged }: { acknowledged: boolean }): Promise<string[]> {
  const outdir = await mkdtemp(join(tmpdir(), 'tollgate-findings-'));
  try {
    // What the CLI sets: it reports findings itself, so that the app does not fail.
    const context = { ...cdkContext, '@aws-cdk/core:failSynthOnValidationErrors': false };
    const app = new App({ outdir, context, builtinCloudFormationValidation: false });
    const topic = new Topic(new Stack(app, 'Demo'), 'Topic');
    if (acknowledged) Validations.of(topic).acknowledge({ id: 'AwsSolutions-SNS3', reason: 'a test' });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    app.synth();
    return listFindings(JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')));
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}
