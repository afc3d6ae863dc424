import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOf, piiPatterns } from '../../../functions/policy/patterns/pii.ts';
import { compileRule, replaceInText } from '../../../functions/policy/patterns/replace.ts';
import { streamProblem } from '../../../functions/policy/patterns/streaming-replacer.ts';
import { patternOf } from './pattern-of.ts';

/** What is found stands in angle brackets. */
const table: Record<string, string[]> = {
  email: [
    'write to <bob@example.com>.',
    '<first.last+tag@mail.example.co.uk>, <a@b.io>',
    '"<josé.müller@bücher.de>"',
    'mailto:<x_y-z@sub-domain.example.org>',
    '请写信给<ming@example.cn>。',
    "<o'brien@example.ie>",
    'not bob@localhost nor @handle nor a@b..com nor user@ example.com',
    'npm i @scope/package@1.2.3',
    'bob at example.com',
  ],
  us_ssn: [
    'SSN <078-05-1120>.',
    '<219 09 9999>',
    'ITIN <912-70-1234>',
    '000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000',
    '1123-45-6789 123-45-67890 123-45 6789',
    '2024-05-1120 12-345-6789',
  ],
  us_phone: [
    'call <(212) 555-0123> or <212-555-0123>',
    '<+1 212 555 0123> <1-212-555-0123> <+12125550123> <212.555.0123>',
    'call (<212-555-0123>)',
    '112-555-0123 212-155-0123 2125550123 12345-212-555-01234',
    '123-45-6789',
  ],
  phone: [
    '<212-555-0123> and <+44 20 7946 0958> and <+49 (30) 123456>',
    '<+33 1 42 68 53 00>, <+8613812345678>',
    '+1234567, 1+1=2 +12 apples',
    'pi is 3.14159265',
  ],
  credit_card: [
    'card <4111 1111 1111 1111> 12/25',
    '<4111111111111111> <4111-1111-1111-1111>',
    'amex <3782 822463 10005>, <371449635398431>',
    'diners <3056 930902 5904>',
    'order 1234 <4111 1111 1111 1111>',
    '<6304000000000000> <4222222222222>',
    '4111 1111 1111 1112',
    '0000 0000 0000 0000',
    '12345678901234567890 41111111111111112',
    'id 1700000000000',
  ],
  iban: [
    '<DE89 3704 0044 0532 0130 00> BIC COBADEFFXXX',
    '<DE89370400440532013000>',
    '<GB82 WEST 1234 5698 7654 32>, <FR14-2004-1010-0505-0001-3M02-606>',
    '<nl91abna0417164300>',
    '<NO93 8601 1117 947> <MT84MALT011000012345MTLCAST001S>',
    'DE88 3704 0044 0532 0130 00',
    'XX89 3704 0044 0532 0130 00',
    'DE89 3704 0044 0532 0130 0',
  ],
  ipv4: ['from <192.168.0.1>:8080, <8.8.8.8>', '256.1.1.1 1.2.3 v1.2.3-4 01.2.3.4567'],
  ipv6: [
    '<2001:db8::8a2e:370:7334> and [<::1>]:80',
    '<2001:0db8:85a3:0000:0000:8a2e:0370:7334>',
    '<fe80::1>: up, <::ffff:192.0.2.1>, <1::>',
    'std::vector std::add a::b 12:34:56 00:1b:44:11:3a:b7',
    'f(x) :: Int',
  ],
  ip_address: ['<10.0.0.1> <fe80::1> <::ffff:10.0.0.1>', 'std::add 1.2.3'],
  api_key: [
    'key <sk-proj-abcDEF1234567890abcDEF1234567890>.',
    '<sk-ant-api03-abcdefghijklmnopqrstuv-0123456789_AA>',
    `<${'AKIA'}IOSFODNN7EXAMPLE>`,
    `<ghp_${'a1'.repeat(18)}> <github_pat_${'A1b2_'.repeat(6)}>`,
    `<xoxb-${'1234567890-'.repeat(3)}abc> <sk_${'live'}_${'4eC39HqLyjWDarjt'}T1zdp7dc>`,
    `<AIza${'Sy0'.repeat(11)}Ab>`,
    '<ng-0123456789abcdef-g1-0123456789abcdef012345>',
    `sk-a1 ${'sk-'.repeat(6)}1 xoxb-a1b2 ${'sk-'.repeat(50)}`,
    'sk-learn-pipelines-and-transformers task-0123456789012345678901 AKIAIOSFODNN7',
    'sk_live_short ghp_short ng-0123-g1-45',
  ],
};

for (const [name, texts] of Object.entries(table)) {
  for (const expected of texts) {
    test(`${name} in ${expected}`, () => {
      const compiled = compileRule(piiPatterns[name] as string, '<$0>');
      assert('rule' in compiled);
      assert.equal(replaceInText(expected.replaceAll(/[<>]/g, ''), [compiled.rule.fill([])]), expected);
    });
  }
}

test('all of them are short enough for streams', () => {
  for (const source of Object.values(piiPatterns)) assert.equal(streamProblem(patternOf(source)), undefined);
});

test('a check goes with its pattern', () => {
  assert.equal(checkOf(piiPatterns.ssn as string), checkOf(piiPatterns.us_ssn as string));
  assert.equal(checkOf(piiPatterns.email as string), undefined);
  assert.equal(checkOf(`(${piiPatterns.iban})`), undefined);
});

test('the names are those of the documentation', () => {
  assert.deepEqual(Object.keys(piiPatterns).sort(), [...Object.keys(table), 'ssn'].sort());
});
