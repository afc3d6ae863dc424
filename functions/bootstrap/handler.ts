import { randomBytes } from 'node:crypto';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { clockWithOffset } from '../core/clock.ts';
import { report } from '../core/report.ts';
import { openStore } from '../store/dynamo.ts';
import { createSecretReader, openSecrets } from '../store/secrets.ts';
import { readTableNames, requireVariable } from '../store/settings.ts';
import { answerCloudFormation } from './answer-cloud-formation.ts';
import { prepareFirstAccount } from './prepare-first-account.ts';

const secrets = openSecrets();
const now = clockWithOffset(process.env.TOLLGATE_CLOCK_OFFSET);
const parts = {
  store: openStore(readTableNames(process.env)),
  secrets,
  reader: createSecretReader(secrets, 0, now),
  pepperSecret: requireVariable(process.env, 'TOLLGATE_PEPPER_SECRET'),
  managementKeySecret: requireVariable(process.env, 'TOLLGATE_MANAGEMENT_KEY_SECRET'),
  now,
  randomBytes,
};

/** Runs when the stack is created. Updates change nothing, and nothing is deleted with the stack: its data is kept. */
export async function handler(event: CloudFormationCustomResourceEvent): Promise<void> {
  let failure: string | undefined;
  try {
    if (event.RequestType === 'Create') await prepareFirstAccount(parts);
  } catch (error) {
    report('making the first account failed', error);
    failure = `making the first account failed: ${(error as Error).message}; see the log of this function`;
  }
  await answerCloudFormation(event, failure, fetch);
}
