/** Imports point inwards: Lambda folders -> policy, providers, store, management -> core. See docs/architecture.md. */
const lambdas = '^functions/(gateway|keys|credits|endpoints|observability|expiry|bootstrap)/';
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'core-imports-nothing-of-ours', severity: 'error', from: { path: '^functions/core/' }, to: { path: '^(functions|infra|test)/', pathNot: '^functions/core/' } },
    { name: 'core-has-no-aws-and-no-network', severity: 'error', from: { path: '^functions/core/', pathNot: 'generate\\.ts$' }, to: { path: '(@aws-sdk|^(http|https|net|fs|dns)$|^node:(http|https|net|fs|dns)$)' } },
    { name: 'libraries-do-not-import-lambdas', severity: 'error', from: { path: '^functions/(core|policy|providers|store|management)/' }, to: { path: lambdas } },
    { name: 'libraries-stay-apart', severity: 'error', from: { path: '^functions/(policy|providers|store)/' }, to: { path: '^functions/(policy|providers|store|management)/', pathNot: '^functions/$1/' } },
    { name: 'lambdas-stay-apart', severity: 'error', from: { path: `${lambdas}` }, to: { path: lambdas, pathNot: '^functions/$1/' } },
    { name: 'product-does-not-import-infra-or-tests', severity: 'error', from: { path: '^functions/' }, to: { path: '^(infra|test)/' } },
    { name: 'infra-does-not-import-tests', severity: 'error', from: { path: '^infra/' }, to: { path: '^test/' } },
    { name: 'no-development-dependencies-at-run-time', severity: 'error', from: { path: '^functions/', pathNot: 'generate\\.ts$' }, to: { dependencyTypes: ['npm-dev'], pathNot: '@types' } },
  ],
  options: { tsConfig: { fileName: 'tsconfig.json' }, doNotFollow: { path: 'node_modules' }, tsPreCompilationDeps: true, enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] } },
};
