import { ArnFormat, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { type CfnSecret, Secret, type SecretProps } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct } from 'constructs';

/** Secrets of accounts are named so, one or a few for each account: JSON maps of the values in its vaults. */
export const accountSecretsPrefix = 'tollgate/accounts/';

/** Secrets of event destinations are named so, one for each that has one. */
export const destinationSecretsPrefix = 'tollgate/destinations/';

export interface Secrets {
  /** `{"pepper": "…"}`; every stored digest of a token depends on it. */
  pepper: Secret;
  /** JSON map from provider id to the deployment's own key. */
  managedKeys: Secret;
  /** What the deployment was started with, the first management key among it. */
  managementKey: Secret;
  /** `{"secret_key": "…", "webhook_secret": "…"}`; while it is empty, credits cannot be bought. */
  stripe: Secret;
}

export function createSecrets(scope: Construct): Secrets {
  return {
    pepper: createSecret(scope, 'PepperSecret', {
      description: 'Tollgate: pepper under which tokens are digested. Changing it makes every key invalid.',
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'pepper',
        passwordLength: 48,
        excludePunctuation: true,
      },
      noRotation: 'every stored digest depends on the pepper: a rotation would make every key invalid at once',
    }),
    managedKeys: createEmptySecret(scope, 'ManagedKeysSecret', {
      description: 'Tollgate: JSON map from provider id to the key that credits pay for, such as {"openai": "..."}.',
      noRotation: 'providers issue these keys; no function of ours can make new ones',
    }),
    managementKey: createEmptySecret(scope, 'ManagementKeySecret', {
      description: 'Tollgate: the first management key. Written once by the first deployment.',
      noRotation: 'read once by the operator; management keys are replaced through the management API',
    }),
    stripe: createEmptySecret(scope, 'StripeSecret', {
      description: 'Tollgate: Stripe, for buying credits: {"secret_key": "sk_...", "webhook_secret": "whsec_..."}.',
      noRotation: 'Stripe issues both; no function of ours can make new ones',
    }),
  };
}

function createSecret(scope: Construct, logicalId: string, props: SecretProps & { noRotation: string }): Secret {
  const { noRotation, ...secretProps } = props;
  const secret = new Secret(scope, logicalId, { ...secretProps, removalPolicy: RemovalPolicy.RETAIN });
  (secret.node.defaultChild as CfnSecret).overrideLogicalId(logicalId);
  Validations.of(secret).acknowledge({ id: 'AwsSolutions-SMG4', reason: noRotation });
  return secret;
}

/**
 * A secret that gets its value elsewhere. The template says nothing about the value, so no later deployment can
 * write over it; reading it before there is one answers ResourceNotFoundException.
 */
function createEmptySecret(
  scope: Construct,
  logicalId: string,
  props: { description: string; noRotation: string },
): Secret {
  const secret = createSecret(scope, logicalId, props);
  (secret.node.defaultChild as CfnSecret).generateSecretString = undefined;
  return secret;
}

/** Secrets that come and go while the stack stays, by the beginning of their names. */
const prefixes = { accounts: accountSecretsPrefix, destinations: destinationSecretsPrefix };

export type SecretsOfAccounts = keyof typeof prefixes;

/** What IAM calls all of them. */
export function secretsArn(scope: Construct, kind: SecretsOfAccounts): string {
  return Stack.of(scope).formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: `${prefixes[kind]}*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** To be said for whoever may read or write them. */
export function acknowledgeSecrets(reader: IConstruct, kind: SecretsOfAccounts): void {
  Validations.of(reader).acknowledge({
    id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${prefixes[kind]}*]`,
    reason: 'Accounts and their secrets come and go while the stack stays; the prefix holds nothing else.',
  });
}
