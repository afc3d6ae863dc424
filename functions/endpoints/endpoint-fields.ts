import { z } from 'zod';
import { inspectionHoursMax } from '../core/inspection-hours.ts';

/** It stands in the path, so it is as plain as a host name's label. */
export const slugField = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'use 1 to 63 lower-case letters, digits and inner hyphens')
  .describe('Unique in the deployment');

/** Names under which every account reaches AWS and this machine belong to nobody. */
const sharedHost = /(^|\.)(on\.aws|amazonaws\.com|localhost)$/;

/** A name that a client could send as Host, without port; IP addresses are none, since their last label is a number. */
const hostField = z
  .string()
  .max(253)
  .regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i,
    'is not a host name such as "ai.example.com"',
  )
  .refine(host => !sharedHost.test(host.toLowerCase()), 'is shared by all accounts; use a host name of your own')
  .transform(host => host.toLowerCase());

export const hostsField = z
  .array(hostField)
  .max(10)
  .refine(hosts => new Set(hosts).size === hosts.length, 'names a host twice')
  .describe('Each unique in the deployment');

export const trafficPolicyField = z.string().describe('A Traffic Policy document in YAML or JSON');

export const inspectorHoursField = z
  .int()
  .min(1)
  .max(inspectionHoursMax)
  .describe('How long the Traffic Inspector keeps a request');

export const eventDestinationsField = z.array(z.string().regex(/^ed_[0-9A-Za-z]{1,60}$/, 'is not an id')).max(10);
