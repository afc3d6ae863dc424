/** What is wrong with `user:password`. Nothing of it is repeated. The first colon divides the two. */
export function credentialMistake(credential: string): string | undefined {
  const colon = credential.indexOf(':');
  if (colon === -1) return 'is not a user name and a password; write them as "user:password"';
  const length = credential.length - colon - 1;
  if (length >= 8 && length <= 128) return undefined;
  return `has a password of ${length} characters; write one of 8 to 128`;
}
