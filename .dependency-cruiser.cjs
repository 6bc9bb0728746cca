// Who may import whom. The core (rules, analysis, pipeline, policy) is pure; channels know only their contract.
const core = { analysis: '^analysis/', rules: '^rules/', pipeline: '^src/pipeline/', policy: '^src/policy/' };
const test = '\\.test\\.ts$';
const npm = (...names) => names.map((name) => `^node_modules/(@types/)?${name}/`);

/** A rule that lets `from` import only paths that match one of `allowed`. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: test },
  to: { pathNot: allowed },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    only('analysis-imports', core.analysis, [
      core.analysis,
      ...npm('simple-statistics', 'ml-isolation-forest'),
    ]),
    only('rules-imports', core.rules, [
      core.rules,
      core.analysis,
      ...npm('zod', 'yaml', 're2js', 'liquidjs'),
    ]),
    only('channels-imports', '^channels/', [
      '^channels/',
      '^rules/(types|duration|time-zone)\\.ts$',
      // Users' templates in a channel's configuration run in the rules' engine: one set of bounds, not two that drift.
      '^rules/template/value\\.ts$',
      ...npm('zod', 'undici', 'nodemailer', 'jose', 'liquidjs'),
      '^(node:)?(crypto|net)$',
    ]),
    {
      name: 'channels-leave-by-the-host',
      comment:
        'Sockets come from ChannelHost, which checks the address: node:net lends channels its types only.',
      severity: 'error',
      from: { path: '^channels/', pathNot: test },
      to: { path: '^(node:)?net$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'undici-in-http-alone',
      comment:
        'undici.fetch follows redirects, undici.request without a dispatcher checks nothing: channels use channels/http.ts.',
      severity: 'error',
      from: { path: '^channels/', pathNot: [test, '^channels/http\\.ts$'] },
      to: { path: '^node_modules/undici/', dependencyTypesNot: ['type-only'] },
    },
    only('pipeline-imports', core.pipeline, [
      core.pipeline,
      core.rules,
      core.analysis,
      '^channels/message\\.ts$',
    ]),
    only('policy-imports', core.policy, [
      core.policy,
      core.pipeline,
      core.rules,
      core.analysis,
      '^channels/message\\.ts$',
    ]),
    {
      name: 'testing-stays-in-tests',
      comment: 'Nothing outside of tests, the demo and src/testing itself imports src/testing.',
      severity: 'error',
      from: {
        path: '^(src|rules|channels|analysis)/',
        pathNot: [test, '^src/testing/', '^src/cli/(demo|sim)'],
      },
      to: { path: '^src/testing/' },
    },
    {
      name: 'main-is-nobodys',
      comment: 'Nothing imports main.ts.',
      severity: 'error',
      from: {},
      to: { path: '^src/main\\.ts$' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
