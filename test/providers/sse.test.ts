import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SseEventTooLong, SseSplitter, sseEventBytesMax } from '../../functions/providers/sse.ts';

function split(chunks: Buffer[]) {
  const splitter = new SseSplitter();
  const events = chunks.flatMap(chunk => splitter.push(chunk));
  return { events, rest: splitter.rest() };
}

const stream = [
  'data: {"a":1}\n\n',
  'event: delta\ndata: first\ndata: second\n\n',
  ': a comment\n\n',
  'data:no space\r\n\r\n',
  'data: only carriage returns\r\r',
  'data: ünïcødé 🙂\r\n\n',
  'data: [DONE]\n\n',
].join('');

const expected = ['{"a":1}', 'first\nsecond', undefined, 'no space', 'only carriage returns', 'ünïcødé 🙂', '[DONE]'];

test('events read the same however the bytes are split', () => {
  const bytes = Buffer.from(stream);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), cuts => {
      const ends = [...cuts.sort((a, b) => a - b), bytes.length];
      const { events } = split(ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)));
      assert.deepEqual(
        events.map(({ data }) => data).filter((_, index) => index < expected.length),
        expected,
      );
    }),
  );
  for (let at = 0; at <= bytes.length; at++) {
    const { events, rest } = split([bytes.subarray(0, at), bytes.subarray(at)]);
    assert.deepEqual(
      events.map(({ data }) => data),
      expected,
    );
    assert.deepEqual(Buffer.concat([...events.map(({ raw }) => raw), rest]), bytes, 'no byte is lost or changed');
  }
});

test('any bytes come out as they went in', () => {
  const alphabet = fc.constantFrom(...Buffer.from('da:\n\r \u00e9'));
  fc.assert(
    fc.property(fc.array(fc.array(alphabet, { maxLength: 20 })), chunks => {
      const buffers = chunks.map(chunk => Buffer.from(chunk));
      const { events, rest } = split(buffers);
      assert.deepEqual(Buffer.concat([...events.map(({ raw }) => raw), rest]), Buffer.concat(buffers));
    }),
  );
});

test('a byte order mark in front of the stream is not part of the first field', () => {
  const { events } = split([Buffer.from('\uFEFFdata: x\n\n')]);
  assert.equal(events[0]?.data, 'x');
});

test('an event without an end is given up at a limit', () => {
  const splitter = new SseSplitter();
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  assert.throws(() => {
    for (let bytes = 0; bytes <= sseEventBytesMax; bytes += chunk.length) splitter.push(chunk);
  }, SseEventTooLong);
});
