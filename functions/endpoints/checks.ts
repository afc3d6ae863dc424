import { z } from 'zod';
import { ManagementError, problemsAnswer } from '../management/management-error.ts';
import { type Route, route } from '../management/route.ts';
import { tryPolicy } from './compile-policy.ts';
import { path, requireEndpoint } from './endpoint.ts';
import { trafficPolicyField } from './endpoint-fields.ts';
import { importPolicy } from './import-policy.ts';

const validateBody = z.strictObject({ traffic_policy: trafficPolicyField }).meta({ id: 'EndpointValidate' });

const importBody = z
  .strictObject({ document: z.string().describe('A Traffic Policy document as it was written for ngrok') })
  .meta({ id: 'EndpointImport' });

const findingFields = {
  path: z.string().describe('Where in the document, such as on_http_request[0].actions[1]'),
  what: z.string(),
};

const importAnswer = z
  .strictObject({
    works: z.array(z.strictObject(findingFields)),
    adapted: z.array(z.strictObject(findingFields)),
    not_supported: z.array(z.strictObject({ ...findingFields, remedy: z.string() })),
    secrets: z
      .array(z.strictObject({ vault: z.string(), name: z.string() }))
      .describe('What the policy reads, and has to be here'),
    traffic_policy: z
      .string()
      .describe('The document after all that could be adapted. What is not supported stays in it'),
    valid: z.boolean().describe('Whether an endpoint can have that policy'),
    problems: problemsAnswer,
  })
  .meta({ id: 'ImportReport' });

const validationAnswer = z.strictObject({ valid: z.boolean(), problems: problemsAnswer }).meta({ id: 'Validation' });

/** What can be asked about policies without saving them. */
export const checkRoutes: Route[] = [
  route({
    method: 'POST',
    path: `${path}/{id}/validate`,
    role: 'viewer',
    summary: 'Say everything that is wrong with a policy, without saving it',
    body: validateBody,
    answer: validationAnswer,
    changesNothing: true,
    async handle({ parameters, body, caller }, management) {
      await requireEndpoint(caller.accountId, parameters.id, management);
      const result = tryPolicy(body.traffic_policy, management);
      const problems = 'problems' in result ? result.problems : [];
      return { status: 200, body: { valid: problems.length === 0, problems } };
    },
  }),
  route({
    method: 'POST',
    path: `${path}/import`,
    role: 'viewer',
    summary: 'Say what becomes of a policy written for ngrok, without saving it',
    body: importBody,
    answer: importAnswer,
    changesNothing: true,
    async handle({ body }, management) {
      const report = importPolicy(body.document);
      if ('mistake' in report) {
        throw new ManagementError('invalid_policy', `"document" is not a Traffic Policy: ${report.mistake}`);
      }
      const result = tryPolicy(report.trafficPolicy, management);
      const problems = 'problems' in result ? result.problems : [];
      return {
        status: 200,
        body: {
          works: report.works,
          adapted: report.adapted,
          not_supported: report.notSupported,
          secrets: report.secrets,
          traffic_policy: report.trafficPolicy,
          valid: problems.length === 0,
          problems,
        },
      };
    },
  }),
];
