import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { formatSchema, generateSchema, schemaFile } from '../../functions/policy/generate-schema.ts';
import { policyWith, policyWithProvider } from './write-policy.ts';

const committed = readFileSync(schemaFile, 'utf8');
const samples = new URL('../fixtures/policies/', import.meta.url);

test('the committed schema is what its source makes; npm run schema makes it anew', () => {
  assert.equal(committed, formatSchema(generateSchema()));
});

test('every field says what it is, and what it is by default', () => {
  const undescribed: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [key, value] of Object.entries(schema)) {
      if (key !== 'properties') visit(value, `${path}/${key}`);
      else {
        for (const [field, inner] of Object.entries(value as Record<string, { description?: string }>)) {
          if (!inner.description) undescribed.push(`${path}/${field}`);
          visit(inner, `${path}/${field}`);
        }
      }
    }
  };
  visit(JSON.parse(committed), '');
  assert.deepEqual(undescribed, []);
  const { properties } = JSON.parse(committed).$defs['ai-gateway'];
  assert.equal(properties.total_timeout.default, '6m');
  assert.equal(properties.per_request_timeout.default, '3m');
  assert.equal(properties.on_error.default, 'halt');
});

const schema = z.fromJSONSchema(JSON.parse(committed));

test('the schema takes every sample', () => {
  for (const file of readdirSync(samples)) {
    const document = parse(readFileSync(new URL(file, samples), 'utf8'));
    assert.equal(schema.safeParse(document).success, true, file);
  }
});

test('the schema refuses what an editor should underline', () => {
  for (const text of [
    'on_http_requests: []',
    'on_http_response: [{ type: ai-gateway }]',
    policyWith('total_timeout: 30'),
    policyWith('total_timeout: soon'),
    policyWith('max_input_tokens: 500001'),
    policyWith('on_error: stop'),
    policyWith('body: { model: a }'),
    policyWith('colour: red'),
    policyWithProvider('api_keys: [a]'),
    policyWithProvider('models: [{}]'),
    policyWithProvider('supported_api_surfaces: [{ format: openai, supported_params: [7] }]'),
  ]) {
    assert.equal(schema.safeParse(parse(text)).success, false, text);
  }
});
