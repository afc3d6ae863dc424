import fc from 'fast-check';

/** Alphabets by what they put to the test; a word is made of one of them. */
const alphabets = [
  'abcdefghijklmnopqrstuvwxyz',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  'abcXYZ',
  'éèßñøąžİıſÅÉÑ',
  'абвгдежзАБВГДЖЗ',
  'αβγδΑΒΓΔάώΏ',
  'აბგდႠႡႢᲐᲑ',
  'ֆբգԱԲԳ',
  'אבגדהשת',
  'ابتثجحخدذرزلا',
  'कखगघािीुू्',
  'กขฃคฅไใโิีึ็่',
  '的一是不了人我在有他这中大来上国',
  '日本語ひらがなカタカナー々',
  '한국어가나다라마바사',
  'ǅǈǋǲᾈᾼ', // titlecase letters
  'ʰʲʷˠˡⁿ々ーꜝ', // modifier letters
  '\u0300\u0301\u0308\u20e3\ufe0f\u093e\u0903', // marks: combining, enclosing, variation selector, spacing
  '😀😂🚀🎉👍🏽👩\u200d💻🇩🇪❤️',
  '𐐀𐐁𐐨𐐩𝒜𝓫𝟘𝟙𠀀𠀁𞤀𞤢', // cased, uncased and numeric beyond the basic plane
  '0123456789',
  '٠١٢३४५Ⅷⅳ½²①１２𝟛',
  '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~',
  '//\\\\--==__**..',
  '«»„“”‘’…—–€£¥©®™°±×÷→⇒∑∫√∞≠≤█▓',
  ' ',
  ' \t',
  '\r\n',
  ' \t\r\n\v\f\u00a0\u1680\u2003\u2028\u2029\u202f\u3000\ufeff\u0085\u200b\u180e',
  '\u0000\u0001\u0007\u0008\u001b\u007f\u0080\u009f',
  '\ud800\udbff\udc00\udfff', // surrogates, alone or paired by chance
  '\ufffd\ufffe\uffff\ue000\u{10ffff}\u0378',
  "'sStTdDmM",
  "'lLrReEvV’",
] as const;

const phrases = [
  "don't",
  "DON'T",
  "We'Ll",
  "i'VE",
  "you'rE",
  "'s",
  "''s",
  "'S'T'm'D",
  "x'sſ",
  '<|endoftext|>',
  '<|endofprompt|>',
  '<|fim_prefix|>',
  'https://example.com/a/b?c=d&e=%20#f',
  'const x = y => ({ ...z, n: 0x1f });\n',
  '  if (a != b) {\r\n\t\treturn "c";\r\n  }\r\n',
  '{"role":"user","content":[{"type":"text","text":"hé"}]}',
  '//\n///\r\n/',
  '\n\n\n   \n  x',
  'camelCaseHTTPServer2Go',
  '1234567890.12e+34',
  'The quick brown fox jumps over the lazy dog. ',
  'Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. ',
  'いろはにほへと ちりぬるを',
  'नमस्ते दुनिया',
  'مرحبا بالعالم',
  'สวัสดีชาวโลก',
];

function wordOf(alphabet: string): fc.Arbitrary<string> {
  const characters = Array.from(alphabet); // By code point; a character of two surrogates stays whole.
  return fc.array(fc.constantFrom(...characters), { minLength: 1, maxLength: 14 }).map(parts => parts.join(''));
}

const word = fc.oneof(...alphabets.map(wordOf));

const anyCharacters = fc.string({ unit: 'binary', maxLength: 12 });

const anyCodeUnits = fc.array(fc.nat(0xffff), { maxLength: 12 }).map(codeUnits => String.fromCharCode(...codeUnits));

/** Long enough to need many merges, short enough for js-tiktoken, whose time is at least quadratic. */
const run = fc
  .tuple(fc.constantFrom(...alphabets.flatMap(alphabet => Array.from(alphabet))), fc.integer({ min: 15, max: 120 }))
  .map(([character, length]) => character.repeat(length));

/** Texts of every script, code, emoji, control characters, lone surrogates and runs, mixed without regard to sense. */
export const randomText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: word },
      { weight: 3, arbitrary: fc.constantFrom(...phrases) },
      { weight: 2, arbitrary: anyCharacters },
      { weight: 2, arbitrary: anyCodeUnits },
      { weight: 1, arbitrary: run },
    ),
    { maxLength: 16, size: 'max' },
  )
  .map(parts => parts.join(''));
