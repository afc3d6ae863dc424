import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SseSplitter, sseEventBytesMax } from '../../functions/core/sse.ts';

function split(chunks: Buffer[]) {
  const splitter = new SseSplitter();
  const events = chunks.flatMap(chunk => splitter.push(chunk));
  const rest = splitter.end();
  return { events, rest, bytes: Buffer.concat([...events, ...(rest ? [rest] : [])].map(({ raw }) => raw)) };
}

function cutAt(bytes: Buffer, cuts: number[]): Buffer[] {
  const ends = [...cuts.sort((a, b) => a - b), bytes.length];
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const stream = [
  'data: {"a":1}\n\n',
  'event: delta\ndata: first\ndata: second\n\n',
  ': a comment\n\n',
  'data:no space\r\n\r\n',
  'event: ping\r\ndata: mixed\n\r\n',
  'data: only carriage returns\r\r',
  'data: ünïcødé 🙂\r\n\n',
  'data:\n\n',
  'id: 7\nretry: 10\ndata:  two spaces\n\n',
  'data: [DONE]\n\n',
].join('');

const expected = [
  '{"a":1}',
  'first\nsecond',
  undefined,
  'no space',
  'mixed',
  'only carriage returns',
  'ünïcødé 🙂',
  undefined, // no client is told of an event whose data is empty
  ' two spaces',
  '[DONE]',
];

test('events read the same however the bytes are split, and no byte is lost or changed', () => {
  const bytes = Buffer.from(stream);
  const check = (chunks: Buffer[]) => {
    const result = split(chunks);
    assert.deepEqual(
      result.events.map(({ data }) => data),
      expected,
    );
    assert.deepEqual(result.bytes, bytes);
    assert.deepEqual([result.events[1]?.name, result.events[4]?.name], ['delta', 'ping']);
  };
  for (let at = 0; at <= bytes.length; at++) check(cutAt(bytes, [at]));
  check(Array.from(bytes, byte => Buffer.from([byte])));
  fc.assert(fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), cuts => check(cutAt(bytes, cuts))));
});

test('any bytes come out as they went in, and are cut into the same events however they are split', () => {
  const alphabet = fc.constantFrom(...Buffer.from('da:\n\r \u00e9'));
  const bytes = fc.array(alphabet, { maxLength: 60 }).map(list => Buffer.from(list));
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(60), { maxLength: 8 }), (bytes, cuts) => {
      const inOne = split([bytes]);
      const inMany = split(
        cutAt(
          bytes,
          cuts.map(cut => Math.min(cut, bytes.length)),
        ),
      );
      assert.deepEqual(inMany.bytes, bytes);
      const datas = (events: { data: string | undefined }[]) => events.flatMap(({ data }) => data ?? []);
      assert.deepEqual(datas(inMany.events), datas(inOne.events));
    }),
    { numRuns: 2_000 },
  );
});

test('a byte order mark in front of the stream is not part of the first field', () => {
  const { events } = split([Buffer.from('\uFEFFdata: x\n\n')]);
  assert.equal(events[0]?.data, 'x');
});

test('an event that the end of the stream cut off is there to be looked at', () => {
  assert.equal(split([Buffer.from('data: a\n\ndata: [DONE]')]).rest?.data, '[DONE]');
  assert.equal(split([Buffer.from('data: a\n\n')]).rest, undefined);
});

test('an event without an end is given up at a limit, after the events before it', () => {
  const splitter = new SseSplitter();
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  assert.equal(splitter.push(Buffer.from('data: a\n\ndata: ')).length, 1);
  for (let bytes = 0; bytes < sseEventBytesMax; bytes += chunk.length) {
    assert.ok(!splitter.isTooLong);
    splitter.push(chunk);
  }
  assert.ok(splitter.isTooLong);
  assert.deepEqual(splitter.push(Buffer.from('\n\ndata: b\n\n')), []);
  assert.equal(splitter.end(), undefined);
});
