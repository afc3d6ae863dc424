import { toItem } from './dynamo.ts';

/**
 * The expressions of an update that sets some fields and leaves the others alone, so that two updates of different
 * fields never undo each other.
 * @param changes undefined leaves a field as it is, null removes it
 * @param values more values that the condition uses
 */
export function setAndRemove(changes: object, condition: string, values: Record<string, unknown> = {}) {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const set = given.filter(([, value]) => value !== null);
  const removed = given.filter(([, value]) => value === null);
  const parts = [
    set.length > 0 ? `SET ${set.map(([name]) => `#${name} = :${name}`).join(', ')}` : '',
    removed.length > 0 ? `REMOVE ${removed.map(([name]) => `#${name}`).join(', ')}` : '',
  ];
  const allValues = { ...Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])), ...values };
  return {
    UpdateExpression: parts.filter(Boolean).join(' '),
    ConditionExpression: condition,
    ExpressionAttributeNames: Object.fromEntries(given.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: toItem(allValues),
  };
}
