import { describe, expect, it } from 'vitest';
import { importsOf } from '../../../scripts/rooms/rooms.ts';
import { workloadsThatKnowAnother } from '../../../scripts/rooms/workloads.ts';

/** What is said of a file that imports another one. */
const said = (from: string, path: string) =>
  workloadsThatKnowAnother(importsOf(from, `import '${path}';\n`), ['knn', 'kmeans']);

describe('a workload', () => {
  it.each(['./schema.ts', '../workload.ts', '../labels/label-order.ts', '../../contract/row.ts'])(
    'may import %s: its own, what lies beside the workloads, and what lies below',
    (path) => expect(said('src/workloads/kmeans/answer.ts', path)).toEqual([]),
  );

  it('knows no other one, nor does what its answer looks like', () => {
    expect(said('src/workloads/kmeans/answer.ts', '../knn/schema.ts')).toEqual([
      'src/workloads/kmeans/answer.ts imports src/workloads/knn/schema.ts: no workload knows another one',
    ]);
    expect(said('src/report/answers/knn/report.ts', '../kmeans/report.ts')).toHaveLength(1);
    expect(said('src/report/answers/knn/report.ts', '../../../workloads/kmeans/answer.ts')).toHaveLength(1);
  });

  it('is known to registries', () => {
    expect(said('src/workloads/answers.ts', './knn/answer.ts')).toEqual([]);
  });
});
