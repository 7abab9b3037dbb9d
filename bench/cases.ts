import type { Contender } from './contender.ts';
import {
  bound,
  inNode,
  inPython,
  nativeKernel,
  nativePythonKernel,
  type Programs,
  pillowKernel,
  portableKernel,
} from './contenders.ts';
import type { Source, Task } from './job.ts';
import type { SetName } from './sets.ts';

export const GROUPS = ['kernels', 'frameworks', 's3', 'normalise', 'memory'] as const;
export type Group = (typeof GROUPS)[number];

/** Contenders side by side at the same images. */
export type Case = {
  readonly group: Group;
  readonly set: SetName;
  readonly source: Source;
  readonly task: Task;
  /** Cores to use. @default what there are, up to four */
  readonly threads?: number;
  readonly contenders: readonly Contender[];
};

/** All that the bench can run, the groups in their order. */
export function allCases(programs: Programs): Case[] {
  const libraries = libraryPeers(programs);
  return [
    ...(['photos', 'large', 'png', 'digits'] as const).map((set) => ({
      group: 'kernels' as const,
      set,
      source: 'memory' as const,
      task: 'statistics' as const,
      contenders: [
        ...(isJpeg(set) ? [bound(programs), ...libraries.jpeg] : []),
        ...[nativeKernel, portableKernel, nativePythonKernel, pillowKernel, ...libraries.any],
      ],
    })),
    {
      group: 'kernels',
      set: 'photos',
      source: 'memory',
      task: 'statistics',
      threads: 1,
      contenders: [bound(programs), nativeKernel, nativePythonKernel, portableKernel, pillowKernel],
    },
    {
      group: 'frameworks',
      set: 'photos',
      source: 'files',
      task: 'statistics',
      contenders: [bound(programs), nativeKernel, ...frameworkPeers(programs)],
    },
    ...(['loose', 'shards'] as const).map((source) => ({
      group: 's3' as const,
      set: 'photos' as const,
      source,
      task: 'statistics' as const,
      contenders: [bound(programs), ...s3Contenders(programs, source)],
    })),
    ...(['jpeg', 'png'] as const).map((task) => ({
      group: 'normalise' as const,
      set: 'photos' as const,
      source: 'memory' as const,
      task,
      contenders: normalisers(programs),
    })),
    {
      group: 'memory',
      set: 'large',
      source: 'files',
      task: 'statistics',
      threads: 1,
      contenders: [
        ...[nativeKernel, portableKernel, nativePythonKernel, pillowKernel],
        ...[libraries.opencv, libraries.pillow],
      ],
    },
  ];
}

function isJpeg(set: SetName): boolean {
  return set === 'photos' || set === 'large';
}

/** On threads or processes, whichever was faster: Pillow's histogram and numpy's sums hold the interpreter's lock. */
function libraryPeers(programs: Programs) {
  const peer = (name: string, kind: 'tuned' | 'first', variant: string) =>
    inPython(programs, name, kind, 'library', variant);
  const opencv = peer('OpenCV, tuned', 'tuned', 'opencv_fast-threads');
  const pillow = peer('Pillow, OpenCV reductions', 'tuned', 'pillow_fast-threads');
  return {
    opencv,
    pillow,
    jpeg: [peer('simplejpeg, OpenCV reductions', 'tuned', 'simplejpeg_fast-threads')],
    any: [
      opencv,
      pillow,
      peer('Pillow, histogram', 'tuned', 'pillow_histogram-processes'),
      inNode('sharp, raw and a loop', 'tuned', 'sharp', 'scan'),
      peer('OpenCV, numpy axes', 'first', 'opencv_first-processes'),
      peer('Pillow, numpy axes', 'first', 'pillow_first-processes'),
      inNode('sharp.stats()', 'first', 'sharp', 'stats'),
    ],
  };
}

function frameworkPeers(programs: Programs): Contender[] {
  return [
    inPython(programs, 'Daft, tuned function, simplejpeg', 'tuned', 'daft_frame', 'simplejpeg'),
    inPython(programs, 'Daft, tuned function that reads, simplejpeg', 'tuned', 'daft_frame', 'reading'),
    inPython(programs, 'Daft, tuned function, OpenCV', 'tuned', 'daft_frame', 'opencv'),
    inPython(programs, 'Daft, image.decode and a function per row', 'first', 'daft_frame', 'first'),
    inPython(programs, 'Ray Data, read_binary_files and OpenCV', 'tuned', 'ray_data', 'tuned'),
    inPython(programs, 'Ray Data, read_images and map', 'first', 'ray_data', 'first'),
    inPython(programs, 'Dask bag of partitions, OpenCV', 'tuned', 'dask_graph', 'tuned'),
    inPython(programs, 'Dask array, imread', 'first', 'dask_graph', 'first'),
    inPython(programs, 'Spark mapPartitions, OpenCV', 'tuned', 'spark_job', 'tuned'),
    inPython(programs, 'Spark binaryFile and a function per row', 'first', 'spark_job', 'first'),
  ];
}

function s3Contenders(programs: Programs, source: 'loose' | 'shards'): Contender[] {
  const ours = [inNode('fanfleet, native kernel', 'fanfleet', 'batch', 'native')];
  if (source === 'shards') {
    return [...ours, inPython(programs, 'boto3, tarfile and simplejpeg', 'tuned', 'boto', 'simplejpeg')];
  }
  return [
    ...ours,
    inNode('fanfleet, portable kernel', 'fanfleet', 'batch', 'portable'),
    inPython(programs, 'boto3 and simplejpeg', 'tuned', 'boto', 'simplejpeg'),
    inPython(programs, 'Daft, tuned function, simplejpeg', 'tuned', 'daft_frame', 'simplejpeg'),
    inPython(programs, 'Daft, image.decode and a function per row', 'first', 'daft_frame', 'first'),
    inPython(programs, 'Ray Data, read_binary_files and OpenCV', 'tuned', 'ray_data', 'tuned'),
  ];
}

function normalisers(programs: Programs): Contender[] {
  return [
    inNode('fanfleet, native kernel', 'fanfleet', 'normalise', 'native'),
    inNode('fanfleet, portable kernel', 'fanfleet', 'normalise', 'portable'),
    inPython(programs, 'OpenCV, normalize', 'tuned', 'normalise', 'opencv'),
    inPython(programs, 'Pillow, point', 'tuned', 'normalise', 'pillow'),
    inNode('sharp.normalise(), which stretches percentiles', 'first', 'sharp-normalise', ''),
  ];
}
