/** Every action that a policy may have. */
export const actionTypes: readonly string[] = ['ai-gateway'];
