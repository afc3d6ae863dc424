import { z } from 'zod';
import { problemsAnswer } from '../management/management-error.ts';
import { type Route, route } from '../management/route.ts';
import { tryPolicy } from './compile-policy.ts';
import { path, requireEndpoint } from './endpoint.ts';
import { trafficPolicyField } from './endpoint-fields.ts';

const validateBody = z.strictObject({ traffic_policy: trafficPolicyField }).meta({ id: 'EndpointValidate' });

const validationAnswer = z.strictObject({ valid: z.boolean(), problems: problemsAnswer }).meta({ id: 'Validation' });

/** What can be asked about an endpoint without changing it. */
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
];
