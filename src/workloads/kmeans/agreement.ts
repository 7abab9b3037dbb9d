import { ratioToDouble } from '../../statistics/rational.ts';

/** How many labelled images there are of each label in each cluster. */
export type Contingency = readonly ReadonlyMap<string, number>[];

/** How far clusters agree with labels. */
export interface Agreement {
  /** Images whose label is known. */
  readonly labelled: number;
  /** The part of these that have the label which most of their cluster have. */
  readonly purity: number;
  /** 1 where clusters and labels are the same division; 0 is what chance gives, on average. */
  readonly adjustedRandIndex: number;
}

/**
 * Exact until they are rounded to a double. The index is that of Hubert and Arabie ("Comparing Partitions", Journal of
 * Classification 2, 1985).
 *
 * @returns null where no image is labelled
 */
export function agreementOf(clusters: Contingency): Agreement | null {
  const ofLabel = new Map<string, number>();
  let [labelled, pure] = [0, 0];
  let together = 0n;
  let ofClusters = 0n;
  for (const labels of clusters) {
    let size = 0;
    let most = 0;
    for (const [label, images] of labels) {
      ofLabel.set(label, (ofLabel.get(label) ?? 0) + images);
      size += images;
      most = Math.max(most, images);
      together += pairs(images);
    }
    labelled += size;
    pure += most;
    ofClusters += pairs(size);
  }
  if (labelled === 0) return null;
  const ofLabels = [...ofLabel.values()].reduce((sum, images) => sum + pairs(images), 0n);
  const adjustedRandIndex = adjusted(together, ofClusters, ofLabels, pairs(labelled));
  return { labelled, purity: pure / labelled, adjustedRandIndex };
}

/**
 * @param together pairs of images that have both in common, cluster and label
 * @param ofClusters pairs in a cluster, and `ofLabels` with a label
 */
function adjusted(together: bigint, ofClusters: bigint, ofLabels: bigint, all: bigint): number {
  const numerator = 2n * (all * together - ofClusters * ofLabels);
  const denominator = all * (ofClusters + ofLabels) - 2n * ofClusters * ofLabels;
  // All in one, or each alone, in both.
  if (denominator === 0n) return 1;
  return numerator < 0n ? -ratioToDouble(-numerator, denominator) : ratioToDouble(numerator, denominator);
}

function pairs(images: number): bigint {
  const n = BigInt(images);
  return (n * (n - 1n)) / 2n;
}
