/**
 * CRC-64 with the polynomial of ISO 3309, as two halves of 32 bits each.
 * @see https://pkg.go.dev/hash/crc64#ISO
 */
export function crc64(bytes: Uint8Array): Buffer {
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (crc64Table[2 * index + 1] as number);
    high = (high >>> 8) ^ (crc64Table[2 * index] as number);
  }
  const sum = Buffer.alloc(8);
  sum.writeUInt32BE(~high >>> 0, 0);
  sum.writeUInt32BE(~low >>> 0, 4);
  return sum;
}

/** High and low half of each byte's remainder. */
const crc64Table = Uint32Array.from({ length: 512 }, (_, place) => {
  let remainder = BigInt(place >> 1);
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >> 1n) ^ (remainder & 1n ? 0xd800000000000000n : 0n);
  return Number(place % 2 === 0 ? remainder >> 32n : remainder & 0xffffffffn);
});

const p1 = 0x9e3779b185ebca87n;
const p2 = 0xc2b2ae3d27d4eb4fn;
const p3 = 0x165667b19e3779f9n;
const p4 = 0x85ebca77c2b2ae63n;
const p5 = 0x27d4eb2f165667c5n;

/**
 * xxHash with 64 bits and seed 0.
 * @see https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
export function xxhash64(bytes: Uint8Array): Buffer {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let hash: bigint = p5;
  if (data.length >= 32) {
    const lanes = [wrap(p1 + p2), p2, 0n, wrap(-p1)];
    for (; at + 32 <= data.length; at += 32) {
      for (let lane = 0; lane < 4; lane++) {
        lanes[lane] = round(lanes[lane] as bigint, data.readBigUInt64LE(at + 8 * lane));
      }
    }
    const [a, b, c, d] = lanes as [bigint, bigint, bigint, bigint];
    hash = wrap(rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n));
    for (const lane of lanes) hash = wrap((hash ^ round(0n, lane)) * p1 + p4);
  }
  hash = wrap(hash + BigInt(data.length));
  for (; at + 8 <= data.length; at += 8) {
    hash = wrap(rotate(hash ^ round(0n, data.readBigUInt64LE(at)), 27n) * p1 + p4);
  }
  if (at + 4 <= data.length) {
    hash = wrap(rotate(hash ^ wrap(BigInt(data.readUInt32LE(at)) * p1), 23n) * p2 + p3);
    at += 4;
  }
  for (; at < data.length; at++) hash = wrap(rotate(hash ^ wrap(BigInt(data[at] as number) * p5), 11n) * p1);
  hash = wrap((hash ^ (hash >> 33n)) * p2);
  hash = wrap((hash ^ (hash >> 29n)) * p3);
  const sum = Buffer.alloc(8);
  sum.writeBigUInt64BE(hash ^ (hash >> 32n));
  return sum;
}

function round(lane: bigint, input: bigint): bigint {
  return wrap(rotate(wrap(lane + input * p2), 31n) * p1);
}

function rotate(value: bigint, bits: bigint): bigint {
  return wrap(value << bits) | (value >> (64n - bits));
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
