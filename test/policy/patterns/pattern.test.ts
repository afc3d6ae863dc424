import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldCase } from '../../../functions/policy/patterns/case-folding.ts';
import { includes } from '../../../functions/policy/patterns/char-set.ts';
import { unicodeClass } from '../../../functions/policy/patterns/named-classes.ts';
import { compilePattern, PatternTooCostly } from '../../../functions/policy/patterns/pattern.ts';
import { patternOf } from './pattern-of.ts';

const refused: [source: string, reason: string][] = [
  ['a(?=b)', '"(?=…)" is look-ahead (at character 2)'],
  ['(?!a)', '"(?!…)" is look-ahead (at character 1)'],
  ['(?<=a)', '"(?<=…)" is look-behind (at character 1)'],
  ['(?<!a)', '"(?<!…)" is look-behind (at character 1)'],
  ['(?>a)', '"(?>…)" is an atomic group (at character 1)'],
  ['(?#a)', '"(?#…)" is a comment (at character 1)'],
  ['(?x)a', 'there is no group "(?x…)"; the flags are i, m, s and U (at character 1)'],
  ['(a)\\1', '"\\1" refers back to a group (at character 4)'],
  ['a++', '"++" repeats a repetition, which RE2 has no possessive form for (at character 2)'],
  ['a*{2}', '"*{2}" repeats a repetition, which RE2 has no possessive form for (at character 2)'],
  ['(ab', 'the group "(" is never closed by ")" (at character 1)'],
  ['ab)', '")" closes no group; write "\\)" for the character (at character 3)'],
  ['[a', 'the class "[" is never closed by "]" (at character 1)'],
  ['[b-a]', 'the range "b-a" runs backwards (at character 2)'],
  ['[a-\\d]', '"\\d" cannot be the end of a range (at character 4)'],
  ['[[:letter:]]', 'there is no class "[:letter:]" (at character 2)'],
  ['\\p{Klingon}', 'there is no class "\\p{Klingon}"; general categories and scripts are known (at character 1)'],
  ['\\p{L', '"\\p{" is never closed by "}" (at character 1)'],
  ['a|*', 'there is nothing before "*" to repeat (at character 3)'],
  ['a{1001}', 'the count in "{1001}" is over 1000 (at character 2)'],
  ['a{3,2}', 'the count in "{3,2}" ends before it begins (at character 2)'],
  ['\\', 'the pattern ends with "\\"; write "\\\\" for the character (at character 1)'],
  ['\\y', 'there is no escape "\\y" (at character 1)'],
  ['\\Z', 'there is no "\\Z"; "\\z" is the end of the text (at character 1)'],
  ['\\C', '"\\C" (one byte) has no meaning in a text (at character 1)'],
  ['\\xg', '"\\x" takes two hexadecimal digits, or up to 10FFFF in braces (at character 1)'],
  ['\\x{110000}', '"\\x" takes two hexadecimal digits, or up to 10FFFF in braces (at character 1)'],
  ['(?P<a>x)(?<a>y)', 'two groups are named "a" (at character 9)'],
  [
    '(?P<a-b>x)',
    'a named group is written "(?P<name>…)" or "(?<name>…)", with letters, digits and "_" (at character 1)',
  ],
];

for (const [source, reason] of refused) {
  test(`refuses ${source}`, () => {
    assert.deepEqual(compilePattern(source), {
      problem: `the pattern "${source}" is not RE2 syntax: ${reason}; RE2 has no look-around and no back-references`,
    });
  });
}

test('refuses what is too long or too big, before it takes memory', () => {
  assert.deepEqual(compilePattern('a'.repeat(4_097)), {
    problem: 'a pattern of 4097 characters is too long; 4096 is the limit',
  });
  assert.deepEqual(compilePattern('((a{1000}){1000}){1000}'), {
    problem:
      'the pattern "((a{1000}){1000}){1000}" has 1001001000 parts with its repetitions written out, and 2000 is the limit; use smaller counts',
  });
  const nothing = compilePattern('(?:(?:(?:){1000}){1000}){1000}');
  assert('problem' in nothing);
});

/** Every match in angle brackets. */
const marked: [source: string, text: string, expected: string][] = [
  // the first alternative counts, not the longest
  ['a|ab', 'ab', '<a>b'],
  ['(?:a|ab)(?:c|bcd)', 'abcd', '<abcd>'],
  ['a*?', 'aa', '<>a<>a<>'],
  ['a+?b', 'aab', '<aab>'],
  ['(?U)a+', 'aa', '<a><a>'],
  ['(?U)a+?', 'aa', '<aa>'],
  // the end of the text is the end of the text
  ['a$', 'a\n', 'a\n'],
  ['(?m)a$', 'a\na', '<a>\n<a>'],
  ['(?m)^', 'a\nb\n', '<>a\n<>b\n<>'],
  ['a\\z', 'aa', 'a<a>'],
  ['.', 'a\nb', '<a>\n<b>'],
  ['(?s).', 'a\n', '<a><\n>'],
  // an empty match right behind another is none
  ['a*', 'baac', '<>b<aa>c<>'],
  ['', '😀', '<>😀<>'],
  ['(|a)*', 'aa', '<>a<>a<>'],
  ['(|a)+', 'aa', '<>a<>a<>'],
  ['(a*)*', 'b', '<>b<>'],
  ['(a*)+', 'b', '<>b<>'],
  ['\\b', 'ab cd', '<>ab<> <>cd<>'],
  ['\\B', 'ab', 'a<>b'],
  ['\\bé', 'é', 'é'],
  ['\\s', '\v\t', '\v<\t>'],
  // code points, not UTF-16 units
  ['^.$', '😀', '<😀>'],
  ['[^a]', '😀a', '<😀>a'],
  ['[😀-😂]+', '😁😃', '<😁>😃'],
  ['\\x{1F600}', '😀', '<😀>'],
  ['.', 'a\ud83d', '<a><\ud83d>'],
  ['\\x{D83D}', '😀\ud83d', '😀<\ud83d>'],
  // case folding is Unicode's
  ['(?i)k', 'kK\u212a', '<k><K><\u212a>'],
  ['(?i)[^s]', 'sSſx', 'sSſ<x>'],
  ['(?i)straße', 'STRAẞE', '<STRAẞE>'],
  ['(?i)a(?-i)b', 'ABAb', 'AB<Ab>'],
  ['(?i:a)b', 'AB Ab', 'AB <Ab>'],
  ['(?i)i', 'iIıİ', '<i><I>ıİ'],
  ['((?i)a)b', 'AbAB', '<Ab>AB'],
  // escapes
  ['\\Qa.b\\E+', 'a.bb', '<a.bb>'],
  ['\\Qa.b', 'a.b', '<a.b>'],
  ['\\101\\x42\\x{43}\\07', 'ABC\u0007', '<ABC\u0007>'],
  ['[]a]+', 'a]', '<a]>'],
  ['[^]a]', 'a]b', 'a]<b>'],
  ['[a-]+', '-a', '<-a>'],
  ['[[:]+', ':[', '<:[>'],
  ['[[:^digit:][:punct:]]+', '1a.1', '1<a.>1'],
  ['\\pN\\PN\\p{^N}', '1ab', '<1ab>'],
  ['\\p{Greek}+', 'aλω', 'a<λω>'],
  ['x{2}{', 'xx{', '<xx{>'],
  ['x{,2}', 'x{,2}', '<x{,2}>'],
  ['[^\\x00-\\x{10FFFF}]|b', 'ab', 'a<b>'],
];

for (const [source, text, expected] of marked) {
  test(`${JSON.stringify(source)} in ${JSON.stringify(text)}`, () => {
    assert.equal(patternOf(source).replaceAll(text, ['<', 0, '>']), expected);
  });
}

test('a pattern may be used on another text while it is being used', () => {
  const pattern = patternOf('b[ab]{12}a|c');
  let state = 1;
  const text = Array.from({ length: 3_000 }, () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (state >> 16) & 1 ? 'a' : 'b';
  }).join('');
  const expected = pattern.replaceAll(`c${text}c`, ['#']);
  assert.equal(
    pattern.replaceAll(`c${text}c`, ['#'], () => pattern.occursIn(text.slice(7))),
    expected,
  );
});

test('groups are known by number and name', () => {
  const pattern = patternOf('(?P<year>\\d+)-(\\d+)(?<day>-\\d+)?');
  assert.deepEqual(pattern.groupNames, [undefined, 'year', undefined, 'day']);
  assert.equal(pattern.groupCount, 3);
  assert.equal(pattern.replaceAll('2024-05, 2025-06-07', [2, '/', 1, '(', 3, ')']), '05/2024(), 06/2025(-07)');
});

test('what is no match after all stays, and a match may begin within it', () => {
  const pattern = patternOf('\\d{2}');
  const seen: string[] = [];
  const even = (match: string) => seen.push(match) > 0 && Number(match) % 2 === 0;
  assert.equal(pattern.replaceAll('123 34 5', ['#'], even), '#3 # 5');
  assert.equal(pattern.replaceAll('1124', ['#'], even), '1#4');
  assert.deepEqual(seen, ['12', '34', '11', '12']);
});

test('a pattern may be used while it is being used', () => {
  const inner = patternOf('b');
  assert.equal(
    patternOf('(a|b)+').replaceAll('ab cb', ['<', 1, '>'], match => inner.occursIn(match) && inner.occursIn('xb')),
    '<b> c<b>',
  );
});

const lengths: [source: string, lengthMax: number | undefined][] = [
  ['', 0],
  ['abc|d', 3],
  ['a{2,5}b?', 6],
  ['(?:a{1,3}){4}', 12],
  ['\\bx\\z', 1],
  ['[a-é]', 1],
  ['.', 2],
  ['😀', 2],
  ['[^a]{3}', 6],
  ['a*', undefined],
  ['(ab)+', undefined],
  ['a{2,}', undefined],
  ['(?:){0,}x', 1],
  ['(?:a*){0}', 0],
];

for (const [source, lengthMax] of lengths) {
  test(`the longest match of ${source || 'nothing'} has ${lengthMax ?? 'any number of'} units`, () => {
    assert.equal(patternOf(source).lengthMax, lengthMax);
  });
}

test('a text that takes too many states is refused, the same every time', () => {
  const pattern = patternOf('b[ab]{20}a');
  let state = 1;
  const text = Array.from({ length: 20_000 }, () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (state >> 16) & 1 ? 'a' : 'b';
  }).join('');
  for (const length of [20_000, 4_000, 20_000, 100]) {
    const count = () => pattern.replaceAll(text.slice(0, length), ['']).length;
    if (length > 4_096) assert.throws(count, PatternTooCostly);
    else assert.equal(count(), text.slice(0, length).replaceAll(/b[ab]{20}a/g, '').length);
  }
});

test('what replacing makes of a text is limited by its length, and short texts have room', () => {
  const pattern = patternOf('(a)(x)?');
  assert.equal(pattern.replaceAll('ab', ['z'.repeat(200_000), 1]).length, 200_002);
  const text = 'a'.repeat(100_000);
  assert.equal(pattern.replaceAll(text, ['<', 1, '>']).length, 300_000);
  for (const replacement of [['12345'], [1, 1, 1, 1, 1], [2, 2, 2, 2, 2], ['', '', '', '', '']]) {
    assert.throws(() => pattern.replaceAll(text, replacement), {
      name: 'TooCostly',
      message:
        /"\(a\)\(x\)\?" makes over 400000 (characters|pieces of replacements) of a text of 100000; let it match less often/,
    });
  }
  assert.throws(() => pattern.replaceAll(text, ['123'], undefined, 200_000), /over 200000 characters/);
});

test('character classes hold a limited number of ranges together', () => {
  assert('pattern' in compilePattern('\\pL'.repeat(20)));
  const compiled = compilePattern('\\pL'.repeat(50));
  assert(
    'problem' in compiled && compiled.problem.includes('its classes hold over 16384 ranges of characters; use fewer'),
  );
});

test('letters in another case are those of the language', () => {
  for (const letter of ['é', 'Σ', 'ς', 'ß', 'Ǆ', 'ǅ', 'ᾳ', 'Ω', 'ı', 'İ', 'Ꭰ', 'ꭰ', '𐐀', 'ﬀ', '\u0345', '1', '語']) {
    const codePoint = letter.codePointAt(0) as number;
    const folded = foldCase([codePoint, codePoint]);
    const same = new RegExp(`^\\u{${codePoint.toString(16)}}$`, 'iu');
    for (let other = 0; other < 0x20000; other++) {
      if (same.test(String.fromCodePoint(other)) !== includes(folded, other)) {
        assert.fail(`${letter} and ${String.fromCodePoint(other)}`);
      }
    }
  }
});

test('Unicode classes are those of the language', () => {
  for (const name of ['L', 'Lu', 'Nd', 'Cf', 'Zs', 'Greek', 'Han', 'Old_Italic', 'Common', 'Co']) {
    const set = unicodeClass(name);
    assert(set, name);
    const property = new RegExp(`^\\p{${/^..?$/.test(name) ? 'gc' : 'sc'}=${name}}$`, 'u');
    for (let codePoint = 0; codePoint < 0x110000; codePoint += codePoint < 0x3000 ? 1 : 7) {
      if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue;
      assert.equal(includes(set, codePoint), property.test(String.fromCodePoint(codePoint)), `${name} ${codePoint}`);
    }
  }
  assert(includes(unicodeClass('C') ?? [], 0xd800));
  for (const name of ['Cn', 'Letter', 'Lx', 'Script=Greek', 'ASCII', 'Unknown']) {
    assert.equal(unicodeClass(name), undefined, name);
  }
});
