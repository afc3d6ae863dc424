import fc from 'fast-check';

/** Parts that match few letters, so that random texts are likely to hold matches. */
const atom = fc.constantFrom(
  ...[
    'a',
    'b',
    'c',
    'A',
    '.',
    '[ab]',
    '[^a]',
    '[a-c]',
    '\\d',
    '\\w',
    '\\W',
    '\\s',
    '\\b',
    '\\B',
    '^',
    '$',
    '\\A',
    '\\z',
  ],
  ...['é', 'k', 'ß', '😀', '[😀-😂]', '[^é]', '\\pL', '[[:alpha:]]', '\\x{61}', '\\n', '-', '(?:)', '\\Qa.\\E', '1'],
);

const counts = ['*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}', '{0,2}?', '{2,}', '{0,}', '{0}', '{1,2}'];
const boundedCounts = ['?', '??', '{2}', '{1,3}', '{0,2}?', '{0}', '{1,2}', '{2,4}', '{0,5}'];

/** Patterns in RE2 syntax, made of all that it has. */
export const randomPattern: fc.Arbitrary<string> = patternOf(counts);

/** Patterns that match texts of limited length only. */
export const boundedPattern: fc.Arbitrary<string> = patternOf(boundedCounts);

function patternOf(signs: string[]): fc.Arbitrary<string> {
  return fc.letrec<{ node: string; sequence: string }>(tie => ({
    sequence: fc.array(tie('node'), { minLength: 1, maxLength: 4 }).map(parts => parts.join('')),
    node: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      atom,
      fc.tuple(atom, fc.constantFrom(...signs)).map(([part, sign]) => `(?:${part})${sign}`),
      fc.tuple(tie('sequence'), fc.constantFrom('', ...signs)).map(([body, sign]) => `(${body})${sign}`),
      fc.tuple(tie('sequence'), fc.constantFrom('', ...signs)).map(([body, sign]) => `(?:${body})${sign}`),
      fc.tuple(tie('sequence'), tie('sequence')).map(([left, right]) => `(?:${left}|${right})`),
      fc.tuple(tie('sequence'), fc.constantFrom('', ...signs)).map(([right, sign]) => `(|${right})${sign}`),
      fc
        .tuple(fc.constantFrom('i', 's', 'm', 'U', 'im', 'is', 'U-i'), tie('sequence'))
        .map(([flags, body]) => `(?${flags}:${body})`),
    ),
  })).sequence;
}

export const randomText: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(...'aaabbbcABkK1-_ \n'.split(''), 'é', 'É', 'ß', 'ẞ', 'ſ', '\u212a', '😀', '😁', '\ufffd', '\t'),
    { maxLength: 24 },
  )
  .map(characters => characters.join(''));
