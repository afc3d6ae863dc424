import {
  isAddress,
  isPhoneNumber,
  isSocialSecurityNumber,
  looksRandom,
  passesLuhn,
  passesMod97,
} from './pii-checks.ts';

interface PiiPattern {
  source: string;
  /** What a match has to pass besides. */
  check?: (match: string) => boolean;
}

/** Latin, Greek and Cyrillic letters: addresses are written in them, and they do not stick to Chinese sentences. */
const letters = 'A-Za-z\\x{C0}-\\x{24F}\\x{370}-\\x{52F}';

const email = `[0-9${letters}_](?:[0-9${letters}._%+'-]{0,62}[0-9${letters}_+-])?@[0-9${letters}](?:[0-9${letters}.-]{0,150}[0-9${letters}])?\\.[A-Za-z]{2,24}\\b`;

const usSsn = '\\b\\d{3}[- ]\\d{2}[- ]\\d{4}\\b';

const usPhone = [
  '(?:\\+1[-. ]?|\\b1[-. ])?(?:\\([2-9]\\d{2}\\)[-. ]?|\\b[2-9]\\d{2}[-. ])[2-9]\\d{2}[-. ]\\d{4}\\b',
  '\\+1[-. ]?[2-9]\\d{2}[-. ]?[2-9]\\d{6}\\b',
].join('|');

const phone = `${usPhone}|\\+[1-9]\\d{0,2}(?:[ .-]?\\(?\\d{1,4}\\)?){2,5}\\b`;

/** As they are grouped on cards, so that the date behind a number is not taken for a part of it; or without groups. */
const creditCard = [
  '\\b(?:\\d{4}[ -]?){3}\\d{4}\\b',
  '\\b3[47]\\d{2}[ -]?\\d{6}[ -]?\\d{5}\\b',
  '\\b3[068]\\d{2}[ -]?\\d{6}[ -]?\\d{4}\\b',
  '\\b\\d{13,19}\\b',
].join('|');

/** By their length, which tells where an account ends and the next word begins. @see https://www.swift.com/standards/data-standards/iban */
const ibanCountries: Readonly<Record<number, string>> = {
  15: 'NO',
  16: 'BE',
  18: 'DK|FI|FK|FO|GL|NL|SD',
  19: 'MK|SI',
  20: 'AT|BA|EE|KZ|LT|LU|MN|XK',
  21: 'CH|HR|LI|LV',
  22: 'BG|BH|CR|DE|GB|GE|IE|ME|RS|VA',
  23: 'AE|GI|IL|IQ|OM|SO|TL',
  24: 'AD|CZ|ES|MD|PK|RO|SA|SE|SK|TN|VG',
  25: 'LY|PT|ST',
  26: 'IS|TR',
  27: 'BI|DJ|FR|GR|IT|MC|MR|SM',
  28: 'AL|AZ|BY|CY|DO|GT|HU|LB|NI|PL|SV',
  29: 'BR|EG|PS|QA|UA',
  30: 'JO|KW|MU|YE',
  31: 'MT|SC',
  32: 'LC',
  33: 'RU',
};

function ibanOfLength([length, countries]: [length: string, countries: string]): string {
  const behind = Number(length) - 4;
  const rest = behind % 4 === 0 ? '' : `[ -]?[A-Z0-9]{${behind % 4}}`;
  return `(?:${countries})\\d{2}(?:[ -]?[A-Z0-9]{4}){${behind >> 2}}${rest}`;
}

const iban = `(?i)\\b(?:${Object.entries(ibanCountries).map(ibanOfLength).join('|')})\\b`;

const byte = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4Anywhere = `(?:${byte}\\.){3}${byte}\\b`;
const ipv4 = `\\b${ipv4Anywhere}`;

const hex = '[0-9A-Fa-f]{1,4}';
const ipv6 = [
  `\\B::(?:[Ff]{4}:)?${ipv4Anywhere}`,
  `\\b(?:${hex}:){7}${hex}\\b`,
  ...[1, 2, 3, 4, 5, 6].map(before => `\\b(?:${hex}:){1,${before}}(?::${hex}){1,${7 - before}}\\b`),
  `\\b(?:${hex}:){1,7}:\\B`,
  `\\B:(?::${hex}){1,7}\\b`,
].join('|');

/**
 * Keys of OpenAI, Anthropic and OpenRouter; Stripe; AWS; GitHub; Slack; Google; and our own. Those with hyphens ask for a
 * digit: in words with hyphens, of which a text may be full, each hyphen would else begin a key for the check to refuse.
 */
const apiKey = [
  '\\bsk-[A-Za-z_-]{0,100}\\d[A-Za-z0-9_-]{0,120}',
  '\\b(?:[srp]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,128}',
  '\\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\\b',
  '\\bgh[pousr]_[A-Za-z0-9]{36,128}',
  '\\bgithub_pat_[A-Za-z0-9_]{22,128}',
  '\\bxox[abeoprs]-[A-Za-z-]{0,64}\\d[A-Za-z0-9-]{0,128}',
  '\\bxapp-[A-Za-z-]{0,64}\\d[A-Za-z0-9-]{0,128}',
  '\\bAIza[A-Za-z0-9_-]{35}',
  '\\bng-[A-Za-z0-9]{16}-[gm]1-[A-Za-z0-9]{22}\\b',
].join('|');

const patterns: Readonly<Record<string, PiiPattern>> = {
  email: { source: email },
  us_ssn: { source: usSsn, check: isSocialSecurityNumber },
  ssn: { source: usSsn, check: isSocialSecurityNumber },
  us_phone: { source: usPhone },
  phone: { source: phone, check: isPhoneNumber },
  credit_card: { source: creditCard, check: passesLuhn },
  iban: { source: iban, check: passesMod97 },
  ipv4: { source: ipv4 },
  ipv6: { source: ipv6, check: isAddress },
  ip_address: { source: `${ipv6}|${ipv4}`, check: isAddress },
  api_key: { source: apiKey, check: looksRandom },
};

/** RE2 patterns for what should not leave a house, by name; none is longer than a stream is held back for. */
export const piiPatterns: Readonly<Record<string, string>> = Object.freeze(
  Object.fromEntries(Object.entries(patterns).map(([name, { source }]) => [name, source])),
);

const checks = new Map(
  Object.values(patterns).flatMap(({ source, check }) => (check ? [[source, check] as const] : [])),
);

/**
 * The check that belongs to a pattern. It goes by the exact source, because that is all that is left of `${pii.iban}` once
 * a policy's expressions have their values: a pattern with anything around it is not checked.
 */
export function checkOf(source: string): ((match: string) => boolean) | undefined {
  return checks.get(source);
}
