/** A piece of work that has not begun. */
export type Task<T> = {
  /** What it holds from its beginning to its end. */
  readonly bytes: number;
  start(): Promise<T>;
};

/**
 * The results of all tasks in their order, while the next ones are in the works.
 *
 * @param overlap most tasks in the works at once
 * @param memoryBytes most bytes that they hold together, unless one task alone needs more
 */
export async function* inOrder<T>(
  tasks: Iterable<Task<T>> | AsyncIterable<Task<T>>,
  overlap: number,
  memoryBytes: number,
): AsyncGenerator<T, void> {
  const running: { bytes: number; result: Promise<T> }[] = [];
  let held = 0;
  for await (const task of tasks) {
    while (running.length >= overlap || (running.length > 0 && held + task.bytes > memoryBytes)) {
      yield await next();
    }
    held += task.bytes;
    const result = task.start();
    // Its failure is thrown where it is awaited; until then nobody listens.
    result.catch(() => {});
    running.push({ bytes: task.bytes, result });
  }
  while (running.length > 0) yield await next();

  async function next(): Promise<T> {
    const first = running.shift();
    if (first === undefined) throw new RangeError('nothing is in the works');
    held -= first.bytes;
    return first.result;
  }
}
