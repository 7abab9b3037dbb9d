import type { Import } from './rooms.ts';

/** Where each workload has a folder of its name. */
const HOMES = ['src/workloads', 'src/report/answers'];

/**
 * Which workloads know another one: what two of them need lies beside their folders, so that one can be added, changed and taken away by
 * itself.
 *
 * @param names of all workloads
 */
export function workloadsThatKnowAnother(imports: readonly Import[], names: readonly string[]): string[] {
  const workloadOf = (file: string) =>
    names.find((name) => HOMES.some((home) => file.startsWith(`${home}/${name}/`)));
  return imports.flatMap(({ from, to }) => {
    const [own, other] = [workloadOf(from), workloadOf(to)];
    return own === undefined || other === undefined || own === other
      ? []
      : [`${from} imports ${to}: no workload knows another one`];
  });
}
