import { invalidInput, problemOf } from '../invalid-input.ts';
import { WORKLOAD_NAMES, type WorkloadName } from './names.ts';

/** @throws FanfleetError `INVALID_INPUT` that names the workloads that there are */
export function expectKnown(name: string): WorkloadName {
  const known = WORKLOAD_NAMES.find((each) => each === name);
  if (known !== undefined) return known;
  const names = WORKLOAD_NAMES.map((each) => JSON.stringify(each)).join(', ');
  throw invalidInput('The workload', [problemOf(`one of ${names}`, 'name', name)]);
}
