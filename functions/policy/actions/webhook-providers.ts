/** Whose webhooks can be verified; `generic_hmac` is for everyone else who signs with a shared secret. */
export const webhookProviders = ['github', 'stripe', 'slack', 'shopify', 'twilio', 'generic_hmac'] as const;
