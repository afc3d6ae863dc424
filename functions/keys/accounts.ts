import { z } from 'zod';
import { isId, newId } from '../core/ids.ts';
import { createOnce } from '../management/create-once.ts';
import {
  descriptionField,
  metadataField,
  page,
  pageAnswer,
  pageQuery,
  positiveUsdField,
  replayedField,
  timestampAnswer,
  usdAnswer,
  usdOrNull,
} from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Management, type Route, route } from '../management/route.ts';
import { type Account, createAccount, findAccount, listAccounts, updateAccount } from '../store/accounts.ts';

const path = '/accounts';

const planField = z.enum(['free', 'hobbyist', 'payg']).describe('Only payg includes the AI gateway');
const thresholdField = positiveUsdField.describe('Below it, the account is warned');

const createBody = z
  .strictObject({
    plan: planField,
    description: descriptionField.default(''),
    metadata: metadataField.default(''),
    low_balance_threshold_usd: thresholdField.optional(),
  })
  .meta({ id: 'AccountCreate' });

const updateBody = z
  .strictObject({
    plan: planField.optional(),
    suspended: z.boolean().optional().describe('None of its keys work while it is'),
    description: descriptionField.optional(),
    metadata: metadataField.optional(),
    low_balance_threshold_usd: thresholdField.nullish().describe('Null: no warning'),
  })
  .meta({ id: 'AccountUpdate' });

const fields = {
  id: z.string().regex(/^ac_/),
  uri: z.url(),
  created_at: timestampAnswer,
  updated_at: timestampAnswer,
  plan: planField,
  suspended: z.boolean(),
  description: z.string(),
  metadata: z.string(),
  low_balance_threshold_usd: usdAnswer.nullable(),
};

const accountAnswer = z.strictObject(fields).meta({ id: 'Account' });

const createdAnswer = z
  .strictObject({
    ...fields,
    ...replayedField,
  })
  .meta({ id: 'AccountCreated' });

/** For operators. A new account gets its first key by `POST /api_keys` with the account in `Tollgate-Account`. */
export const accountRoutes: Route[] = [
  route({
    method: 'POST',
    path,
    role: 'operator',
    summary: 'Create an account',
    body: createBody,
    answer: createdAnswer,
    idempotent: true,
    async handle(request, management) {
      const { body, origin } = request;
      const { now, randomBytes, store } = management;
      const result = await createOnce(request, management, {
        name: path,
        newId: () => newId('ac', now(), randomBytes),
        check: async () => {},
        find: id => findAccount(store, id),
        async create(id) {
          const createdAt = new Date(now()).toISOString();
          const account: Account = {
            id,
            plan: body.plan,
            suspended: false,
            description: body.description,
            metadata: body.metadata,
            lowBalanceThresholdNanoUsd: body.low_balance_threshold_usd?.toString(),
            createdAt,
            updatedAt: createdAt,
          };
          await createAccount(store, account);
          return account;
        },
      });
      if ('existing' in result) return { status: 201, body: { ...toWire(result.existing, origin), replayed: true } };
      return { status: 201, body: toWire(result.created, origin) };
    },
  }),
  route({
    method: 'GET',
    path,
    role: 'operator',
    summary: 'List all accounts',
    query: pageQuery,
    answer: pageAnswer('accounts', accountAnswer),
    async handle({ query: { limit, before_id }, origin }, { store }) {
      const { accounts, more } = await listAccounts(store, { beforeId: before_id, limit });
      const items = accounts.map(account => toWire(account, origin));
      return { status: 200, body: page('accounts', items, { origin, path, limit, more }) };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/{id}`,
    role: 'operator',
    summary: 'Show an account',
    answer: accountAnswer,
    async handle({ parameters, origin }, management) {
      return { status: 200, body: toWire(await requireAccount(parameters.id, management), origin) };
    },
  }),
  route({
    method: 'PATCH',
    path: `${path}/{id}`,
    role: 'operator',
    summary: 'Change an account: its plan, whether it is suspended, when it is warned',
    body: updateBody,
    answer: accountAnswer,
    async handle({ parameters, body, caller, origin }, management) {
      const { id } = await requireAccount(parameters.id, management);
      if (body.suspended && id === caller.homeAccountId) {
        throw new ManagementError('ERR_NGROK_215', `"${id}" is your own account; it cannot suspend itself`);
      }
      const { low_balance_threshold_usd: threshold, ...changes } = body;
      const updated = await updateAccount(management.store, id, {
        ...changes,
        lowBalanceThresholdNanoUsd: threshold === null ? null : threshold?.toString(),
        updatedAt: new Date(management.now()).toISOString(),
      });
      if (!updated) throw notFound(id);
      return { status: 200, body: toWire(updated, origin) };
    },
  }),
];

function toWire(account: Account, origin: string): z.output<typeof accountAnswer> {
  return {
    id: account.id,
    uri: `${origin}${path}/${account.id}`,
    created_at: account.createdAt,
    updated_at: account.updatedAt ?? account.createdAt,
    plan: account.plan,
    suspended: account.suspended ?? false,
    description: account.description ?? '',
    metadata: account.metadata ?? '',
    low_balance_threshold_usd: usdOrNull(account.lowBalanceThresholdNanoUsd),
  };
}

async function requireAccount(id: string | undefined, { store }: Management): Promise<Account> {
  const account = id && isId('ac', id) ? await findAccount(store, id) : undefined;
  if (!account) throw notFound(id);
  return account;
}

function notFound(id: string | undefined): ManagementError {
  return new ManagementError('not_found', `There is no account "${id}"`);
}
