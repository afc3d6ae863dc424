import type { z } from 'zod';
import type { log } from '../actions/log.ts';
import type { setVars } from '../actions/set-vars.ts';
import type { ActionCompiler, ActionRunner } from './compile-rules.ts';
import type { PolicyRun } from './policy-run.ts';

export const runSetVars: ActionRunner<z.output<typeof setVars.config>> = ({ vars }, compiler) => {
  const entries = vars
    .flatMap(entry => Object.entries(entry))
    .map(([name, value]) => [name, compileValue(value, compiler)] as const);
  return run => {
    for (const [name, render] of entries) run.vars = { ...run.vars, [name]: render(run) };
    return undefined;
  };
};

export const runLog: ActionRunner<z.output<typeof log.config>> = ({ metadata }, compiler) => {
  const render = compileValue(metadata, compiler);
  return run => {
    const noted = render(run);
    run.logs.push(noted);
    run.note('log', { metadata: noted });
    return undefined;
  };
};

/** Texts anywhere inside a value are templates; the rest stays as it is. */
function compileValue(value: unknown, compiler: ActionCompiler): (run: PolicyRun) => unknown {
  if (typeof value === 'string') {
    const template = compiler.template(value);
    return run => run.render(template, compiler.label);
  }
  if (Array.isArray(value)) {
    const items = value.map(item => compileValue(item, compiler));
    return run => items.map(item => item(run));
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, member]) => [name, compileValue(member, compiler)] as const);
    return run => Object.fromEntries(members.map(([name, member]) => [name, member(run)]));
  }
  return () => value;
}
