import { describe, expect, it } from 'vitest';
import { hostMembers, type KnownProcesses } from '../../../localstack/ec2/hosts/host-processes.ts';
import { type ProcessInfo, parsePsLine, parseStat } from '../../../localstack/ec2/hosts/process-table.ts';

function row(pid: number, parent: number, session: number, mark = '', startedAt = `t${pid}`): ProcessInfo {
  return {
    pid,
    parent,
    session,
    startedAt,
    hasEnvironment: (entry) => entry === mark,
    writesTo: () => false,
  };
}

const known: KnownProcesses = { started: { 100: 't100' }, sessions: [100] };
const isMarked = (each: ProcessInfo) => each.hasEnvironment('ours');
const pids = (table: ProcessInfo[], from = known) =>
  hostMembers(table, from, isMarked)
    .members.map(({ pid }) => pid)
    .sort((a, b) => a - b);

describe('hostMembers', () => {
  it('finds children, those in a session of the host, and those marked', () => {
    const table = [
      row(1, 0, 1),
      row(100, 1, 100),
      row(101, 100, 100),
      row(102, 1, 100), // reparented, but in the session
      row(103, 1, 103, 'ours'), // a daemon
      row(104, 103, 104), // its child, in a session of its own
      row(200, 1, 200), // a stranger
      row(201, 200, 200, 'theirs'),
    ];
    expect(pids(table)).toEqual([100, 101, 102, 103, 104]);
  });

  it('remembers a daemon whose mark and parents are gone', () => {
    const before = hostMembers([row(100, 1, 100), row(101, 100, 101)], known, isMarked);
    const after = hostMembers([row(101, 1, 101), row(102, 1, 101)], before.known, isMarked);
    expect(after.members.map(({ pid }) => pid)).toEqual([101, 102]);
  });

  it('leaves a process alone that has the pid of one that ended', () => {
    expect(pids([row(100, 1, 100, '', 'later'), row(101, 100, 100)])).toEqual([]);
  });

  it('leaves a session alone that has the number of one that ended', () => {
    const { known: after } = hostMembers([row(200, 1, 200)], known, isMarked);
    expect(after).toEqual({ started: {}, sessions: [] });
    expect(pids([row(300, 1, 100)], after)).toEqual([]);
  });

  it('takes no session that a member only is in, and does not lead', () => {
    expect(pids([row(50, 1, 50), row(51, 50, 50, 'ours'), row(52, 50, 50)])).toEqual([51]);
  });
});

describe('the process tables', () => {
  it('read a name with spaces and brackets', () => {
    const fields = 'S 7 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 9876 1000';
    expect(parseStat(`42 (a) b (c)) ${fields}`)).toMatchObject({
      pid: 42,
      parent: 7,
      session: 42,
      startedAt: '9876',
    });
    expect(parseStat(`42 (a) ${fields.replace('S', 'Z')}`)).toBeUndefined();
    expect(parseStat('')).toBeUndefined();
  });

  it('read what ps prints, with the environment behind the command', () => {
    const line =
      '  501     1   500 Ss   Sat Nov 21 04:00:01 2026     /bin/bash -c x FANFLEET_HOST_ROOT=/tmp/ff-1 A=b';
    const info = parsePsLine(line);
    expect(info).toMatchObject({ pid: 501, parent: 1, session: 500, startedAt: 'Sat Nov 21 04:00:01 2026' });
    expect(info?.hasEnvironment('FANFLEET_HOST_ROOT=/tmp/ff-1')).toBe(true);
    expect(info?.hasEnvironment('FANFLEET_HOST_ROOT=/tmp/ff-')).toBe(false);
    expect(parsePsLine(line.replace('Ss', 'Z '))).toBeUndefined();
  });
});
